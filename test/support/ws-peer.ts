/** The sending and receiving halves of the `ws` package, without sockets: a second opinion on frames and messages. */
import * as ws from 'ws';

interface Deflate {
  params: Readonly<Record<string, boolean | number>>;
}

interface SendOptions {
  binary: boolean;
  compress: boolean;
  fin: boolean;
  mask: boolean;
}

interface Sender {
  send(data: Buffer, options: SendOptions, done: () => void): void;
  ping(data: Buffer, mask: boolean, done: () => void): void;
  pong(data: Buffer, mask: boolean, done: () => void): void;
  close(code: number, reason: Buffer, mask: boolean, done: () => void): void;
}

interface Receiver {
  on(event: string, listener: (...values: never[]) => void): this;
  write(data: Buffer, done: () => void): void;
}

type Extensions = Readonly<Record<string, Deflate>>;

/** What the package's type declarations leave out. */
const halves = ws as unknown as {
  PerMessageDeflate: new (options: { isServer: boolean; threshold: number }) => Deflate;
  Sender: new (
    socket: { cork(): void; uncork(): void; write(data: Buffer, done?: () => void): void },
    extensions: Extensions,
  ) => Sender;
  Receiver: new (options: { isServer: boolean; extensions: Extensions; skipUTF8Validation: boolean }) => Receiver;
};

/** One message as the application sees it. */
export interface PeerMessage {
  kind: 'text' | 'binary' | 'ping' | 'pong' | 'close';
  data: Buffer;
}

/** A message to send, data messages in fragments of these lengths. */
export interface Utterance extends PeerMessage {
  fragments: number[];
  compress: boolean;
  /** Sent after the first fragment. */
  between?: PeerMessage;
}

function extensions(isServer: boolean, params: Deflate['params'] | null): Extensions {
  if (params === null) return {};
  const deflate = new halves.PerMessageDeflate({ isServer, threshold: 0 });
  deflate.params = params;
  return { 'permessage-deflate': deflate };
}

/** The bytes of each write. `params` are the agreed permessage-deflate parameters, null without the extension. */
export async function sendAll(
  isServer: boolean,
  params: Deflate['params'] | null,
  said: readonly Utterance[],
): Promise<Buffer> {
  const written: Buffer[] = [];
  const socket = {
    cork: () => {},
    uncork: () => {},
    write: (data: Buffer, done?: () => void) => {
      written.push(Buffer.from(data));
      done?.();
    },
  };
  const sender = new halves.Sender(socket, extensions(isServer, params));
  for (const utterance of said) {
    await say(sender, { ...utterance, compress: utterance.compress && params !== null }, !isServer);
  }
  return Buffer.concat(written);
}

async function say(sender: Sender, utterance: Utterance, mask: boolean): Promise<void> {
  if (utterance.kind !== 'text' && utterance.kind !== 'binary') return control(sender, utterance, mask);
  let at = 0;
  for (const [index, length] of utterance.fragments.entries()) {
    const fin = index === utterance.fragments.length - 1;
    const data = Buffer.from(utterance.data.subarray(at, fin ? undefined : at + length));
    const options = { binary: utterance.kind === 'binary', compress: utterance.compress, fin, mask };
    await new Promise<void>((done) => sender.send(data, options, done));
    if (index === 0 && utterance.between !== undefined) await control(sender, utterance.between, mask);
    at += length;
  }
}

async function control(sender: Sender, { kind, data }: PeerMessage, mask: boolean): Promise<void> {
  await new Promise<void>((done) => {
    if (kind === 'ping') sender.ping(data, mask, done);
    else if (kind === 'pong') sender.pong(data, mask, done);
    else sender.close(data.readUInt16BE(), data.subarray(2), mask, done);
  });
}

/** What a receiver at the other end makes of the bytes. */
export async function receiveAll(
  isServer: boolean,
  params: Deflate['params'] | null,
  bytes: Buffer,
): Promise<PeerMessage[]> {
  const heard: PeerMessage[] = [];
  const receiver = new halves.Receiver({
    isServer,
    extensions: extensions(isServer, params),
    skipUTF8Validation: false,
  });
  receiver.on(
    'message',
    (data: Buffer, binary: boolean) => void heard.push({ kind: binary ? 'binary' : 'text', data }),
  );
  receiver.on('ping', (data: Buffer) => void heard.push({ kind: 'ping', data }));
  receiver.on('pong', (data: Buffer) => void heard.push({ kind: 'pong', data }));
  receiver.on('conclude', (code: number, reason: Buffer) => {
    heard.push({ kind: 'close', data: Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]) });
  });
  await new Promise<void>((done, failed) => {
    receiver.on('error', (problem: Error) => failed(problem));
    // The receiver unmasks in place.
    receiver.write(Buffer.from(bytes), () => done());
  });
  return heard;
}
