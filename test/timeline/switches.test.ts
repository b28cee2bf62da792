/** Switches of protocol whose request was not captured. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { analyze } from '../../src/index.ts';
import { Conversation, pcap } from '../support/captures.ts';
import { text } from '../support/websocket-frame.ts';

const response =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

async function upgrades(packets: Conversation['packets']): Promise<string[]> {
  const stdin = Readable.from([pcap({ packets })]);
  const lines: string[] = [];
  for await (const record of analyze('-', { stdin, doctor: false })) {
    if (record.type === 'upgrade') lines.push(`${record.protocol} ${record.outcome}: ${record.accept}`);
    if (record.type === 'frame') lines.push(`${record.from} ${record.name}`);
  }
  return lines;
}

test('a 101 whose request was not captured is an upgrade', async () => {
  const { packets } = new Conversation()
    .open()
    .client('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    .server(response)
    .server(text('x'));
  expect(await upgrades(packets.slice(4))).toEqual(['websocket accepted: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'server text']);
});
