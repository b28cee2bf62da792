/** The times and packets of messages, where packets do not come in the order of their bytes. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { analyze, type RecordJson } from '../../src/index.ts';
import { Conversation, pcap } from '../support/captures.ts';
import { text } from '../support/websocket-frame.ts';

const get = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

/** Each message: its name, first and last packet, and whether its times are those packets' (a packet each millisecond). */
async function spans(packets: Conversation['packets']): Promise<string[]> {
  const stdin = Readable.from([pcap({ packets: packets.map((packet, i) => ({ ...packet, time: i * 1_000_000 })) })]);
  const lines: string[] = [];
  let start = 0;
  for await (const record of analyze('-', { stdin, doctor: false })) {
    if (record.type === 'connection') start = record.openedAt;
    for (const [name, message] of messagesOf(record))
      lines.push(`${name} ${message.firstPacket}-${message.lastPacket} ${message.time} ${message.endTime}`);
  }
  const packetAt = (time: string): string => String(Math.round((Number(time) - start) * 1000) + 1);
  return lines.map((line) =>
    line.replace(/(\S+) (\S+)$/, (_, from: string, to: string) => `at ${packetAt(from)}-${packetAt(to)}`),
  );
}

interface Span {
  readonly firstPacket: number;
  readonly lastPacket: number;
  readonly time: number;
  readonly endTime: number;
}

function messagesOf(record: RecordJson): [string, Span][] {
  if (record.type === 'message') return [[record.kind, record]];
  if (record.type !== 'exchange') return [];
  const { request, response } = record;
  return [
    ...(request === null ? [] : [['request', request] as [string, Span]]),
    ...(response === null ? [] : [['response', response] as [string, Span]]),
  ];
}

function swap(packets: Conversation['packets'], from: number, to: number): Conversation['packets'] {
  const moved = packets.splice(from - 1, 1);
  packets.splice(to - 1, 0, ...moved);
  return packets;
}

test('a response of which a segment came late ends with that segment', async () => {
  const { packets } = new Conversation({ segmentSize: 40 })
    .open()
    .client(get.slice(0, 30))
    .server('HTTP/1.1 200 OK\r\nContent-Length: 160\r\n\r\n' + 'x'.repeat(160));
  // The second of five segments of the response, in packets 5 to 9, comes last.
  expect(await spans(swap(packets, 6, 9))).toEqual(['request 4-4 at 4-4', 'response 5-9 at 5-9']);
});

test('a request whose first segment came late', async () => {
  const { packets } = new Conversation({ segmentSize: 16 })
    .open()
    .client(get)
    .server('HTTP/1.1 204 No Content\r\n\r\n');
  expect(await spans(swap(packets, 4, 5))).toEqual(['request 5-5 at 5-5', 'response 6-7 at 6-7']);
});

test('a WebSocket message whose middle came late', async () => {
  const upgrade =
    'GET /a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const accepted =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
  const { packets } = new Conversation({ segmentSize: 200 })
    .open()
    .client(upgrade)
    .server(accepted)
    .server(text('y'.repeat(500)));
  expect((await spans(swap(packets, 7, 8))).slice(2)).toEqual(['text 6-8 at 6-8']);
});

test('a WebSocket frame begins with the first byte of its header', async () => {
  const upgrade =
    'GET /a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const accepted =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
  const frame = text('y'.repeat(300));
  const { packets } = new Conversation()
    .open()
    .client(upgrade)
    .server(accepted)
    .server(frame.subarray(0, 1))
    .server(frame.subarray(1, 3))
    .server(frame.subarray(3))
    .server(text('z'));
  expect((await spans(packets)).slice(2)).toEqual(['text 6-8 at 6-8', 'text 9-9 at 9-9']);
});

test('an HTTP/0.9 request has the time at which it came', async () => {
  const { packets } = new Conversation().open().client('GET /a\r\n').server('<p>').close();
  expect(await spans(packets)).toEqual(['request 4-4 at 4-4', 'response 5-7 at 5-7']);
});

test('responses that waited for their request have the times at which they came', async () => {
  const response = 'HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n' + 'x'.repeat(30);
  const conversation = new Conversation({ segmentSize: 40 }).open();
  const { packets } = conversation.server(response).server(response).server(response).close();
  expect(await spans(packets)).toEqual(['response 4-5 at 4-5', 'response 6-7 at 6-7', 'response 8-9 at 8-9']);
});

async function timing(packets: Conversation['packets']): Promise<unknown> {
  const stdin = Readable.from([pcap({ packets })]);
  for await (const record of analyze('-', { stdin, doctor: false }))
    if (record.type === 'exchange') return record.timing;
  return undefined;
}

test('nobody waits for an answer that comes before the request has ended', async () => {
  const { packets } = new Conversation()
    .open()
    .client('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab')
    .server('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n')
    .client('cd');
  expect(await timing(packets)).toEqual({ wait: 0, receive: 0, total: 0.001 });
});

test('spans that a clock set back makes negative are left out', async () => {
  const { packets } = new Conversation().open().client(get).server('HTTP/1.1 204 No Content\r\n\r\n');
  expect(await timing(packets.map((packet, i) => ({ ...packet, time: (10 - i) * 1_000_000 })))).toEqual({ receive: 0 });
});
