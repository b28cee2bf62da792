/** Which protocol an exchange is said to speak: what carries it, whatever version its lines claim. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { analyze } from '../../src/index.ts';
import { Conversation, pcap } from '../support/captures.ts';

test.each([
  ['HTTP/1.1', 'http/1.1'],
  ['HTTP/1.0', 'http/1.0'],
  ['HTTP/2.0', 'http/1.1'],
  ['HTTP/3.0', 'http/1.1'],
])('a request line with %s', async (version, protocol) => {
  const { packets } = new Conversation()
    .open()
    .client(`GET / ${version}\r\nHost: a\r\n\r\n`)
    .server(`${version} 204 No Content\r\n\r\n`);
  const stdin = Readable.from([pcap({ packets })]);
  const found: string[] = [];
  for await (const record of analyze('-', { stdin, doctor: false }))
    if (record.type === 'exchange') found.push(record.protocol);
  expect(found).toEqual([protocol]);
});
