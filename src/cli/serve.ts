/**
 * `--serve`: a live session for other terminals, over WebSocket. Who knows the token in the URL gets what passes, as a
 * pcapng stream in binary messages; a text message tells how many bytes were left out for one who is too slow or came late.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { UsageError } from '../core/errors.ts';
import { authority, isLoopback, type Endpoint } from '../source/tap/endpoint.ts';
import type { PacketFeed } from '../source/tap/packet-feed.ts';
import { systemProblem } from './system-problem.ts';

const publishMs = 50;

export interface Serving {
  readonly port: number;
  /** Where to attach to, token and all. */
  readonly url: string;
  close(): Promise<void>;
}

export async function serve(endpoint: Endpoint, feed: PacketFeed, say: (line: string) => void): Promise<Serving> {
  if ('path' in endpoint) throw new UsageError('--serve: expected host:port');
  const token = randomBytes(18).toString('base64url');
  const server = createServer((_request, response) =>
    response.writeHead(426).end('wirescope attach speaks WebSocket\n'),
  );
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    if (isAllowed(request, token)) sockets.handleUpgrade(request, socket, head, (client) => attach(client, feed));
    else socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new UsageError(`--serve: ${systemProblem(error)}`)));
    server.listen(endpoint.port, endpoint.host, resolve);
  });
  const publishing = setInterval(() => feed.publish(), publishMs).unref();
  const { port } = server.address() as AddressInfo;
  const url = `ws://${authority(endpoint.host, port)}/?token=${token}`;
  say(`wirescope attach '${url}'`);
  if (!isLoopback(endpoint)) say(`${authority(endpoint.host, port)} can be reached from other machines`);
  return {
    port,
    url,
    close: async () => {
      clearInterval(publishing);
      feed.publish();
      server.close();
      await Promise.all([...sockets.clients].map(farewell));
    },
  };
}

function attach(client: WebSocket, feed: PacketFeed): void {
  const watcher = {
    get behind(): number {
      return client.bufferedAmount;
    },
    send: (blocks: Uint8Array) => client.send(blocks),
    skipped: (bytes: number) => client.send(JSON.stringify({ skipped: bytes })),
    forgotten: (bytes: number) => client.send(JSON.stringify({ forgotten: bytes })),
  };
  client.on('error', () => client.terminate());
  client.on('close', () => feed.leave(watcher));
  feed.watch(watcher);
}

const farewellMs = 1000;

async function farewell(client: WebSocket): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      client.terminate();
      resolve();
    }, farewellMs);
    client.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    client.close(1000, 'the tap has ended');
  });
}

function isAllowed({ url = '' }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(new URL(url, 'ws://any').searchParams.get('token') ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
