/** What is found in connections that do not begin with it. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { analyze, type RecordJson } from '../../src/index.ts';
import { Conversation, concat, pcap, toBytes, u16, u8 } from '../support/captures.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const version2 = concat(
  toBytes('\r\n\r\n\0\r\nQUIT\n'),
  u8(0x21, 0x11),
  u16(12),
  u8(192, 0, 2, 1, 192, 0, 2, 2),
  u16(1111),
  u16(80),
);

function talk(segmentSize = 1460): Conversation {
  return new Conversation({ segmentSize, dstPort: 4444 }).open();
}

async function found(conversation: Conversation): Promise<string[]> {
  const stdin = Readable.from([pcap({ packets: conversation.packets })]);
  const lines: string[] = [];
  for await (const record of analyze('-', { stdin, doctor: false })) lines.push(...line(record));
  return lines;
}

function line(record: RecordJson): string[] {
  if (record.type === 'diagnostic') return [`! ${record.code}`];
  if (record.type !== 'exchange') return [];
  return [`${record.request?.target} ${record.response?.status} ${record.state} ${record.client}`];
}

const cases: [name: string, conversation: Conversation, lines: string[]][] = [
  ['a PROXY header of version 1', talk().client('PROXY TCP4 192.0.2.1 192.0.2.2 1111 80\r\n').client(get('/a')).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['the same, with the request in one segment', talk().client('PROXY UNKNOWN\r\n' + get('/a')).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['the same, cut small', talk(3).client('PROXY TCP6 ::1 ::2 1 2\r\n' + get('/a')).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['a PROXY header of version 2', talk().client(version2).client(get('/a')).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['the same, with the request in one segment', talk().client(concat(version2, toBytes(get('/a')))).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['the same, cut small', talk(5).client(concat(version2, toBytes(get('/a')))).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['behind SOCKS 5', talk().client(u8(5, 1, 0)).server(u8(5, 0)).client(u8(5, 1, 0, 1, 1, 2, 3, 4, 0, 80))
    .server(u8(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)).client(get('/a')).server(ok).client(get('/b')).server(ok),
    ['/a 200 complete 10.0.0.1:40000', '/b 200 complete 10.0.0.1:40000']],
  ['behind another protocol', talk().server('220 hello\r\n').client('EHLO x\r\n').server('250 ok\r\n').client(get('/a')).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['behind something unknown', talk().client('\x01\x02?').client(get('/a')).server(ok),
    ['/a 200 complete 10.0.0.1:40000']],
  ['a line without a version says nothing there', talk().client('PING\r\n').server('+PONG\r\n').client('GET /key\r\n').server('$-1\r\n'),
    []],
  ['too far behind', talk().client('\x01'.repeat(70_000)).client(get('/a')),
    []],
  ['small letters', talk().client('GET /a http/1.1\r\nHost: a\r\n\r\n').server('http/1.1 200 ok\r\nContent-Length: 0\r\n\r\n'),
    ['! http.unknown-version', '! http.unknown-version', '/a 200 complete 10.0.0.1:40000']],
  ['requests of the accepting side', talk().server(get('/a')).client(ok).server(get('/b')).client(ok),
    ['/a 200 complete 10.0.0.2:4444', '/b 200 complete 10.0.0.2:4444']],
]; // prettier-ignore

test.each(cases)('%s', async (_name, conversation, lines) => {
  expect(await found(conversation)).toEqual(lines);
});
