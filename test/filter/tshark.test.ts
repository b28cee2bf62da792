/**
 * The same expressions given to tshark, where it is installed: what it accepts is accepted here and what it refuses is
 * refused, and on real captures both select the same packets. Where we mean to differ, the row says so.
 */
import { KnownField, findField } from '../../src/core/http.ts';
import { execFileSync, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { analyzeTo } from '../../src/cli/analyze.ts';
import { FilterError, compileFilter, filteredSink, tryFilter } from '../../src/filter/filter.ts';
import type { HttpMessage, RecordSink } from '../../src/timeline/records.ts';

const run = promisify(execFile);

function installed(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const capture = (name: string): string => fileURLToPath(new URL(`../../captures/${name}`, import.meta.url));

/** Numbers of the packets that tshark selects, or undefined where it refuses the expression. */
async function select(expression: string, file: string): Promise<number[] | undefined> {
  try {
    const { stdout } = await run('tshark', ['-r', file, '-Y', expression, '-T', 'fields', '-e', 'frame.number']);
    return stdout.split('\n').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}

// prettier-ignore
const accepted: readonly string[] = [
  'http.request.method == GET', 'http.request.method == "GET"', 'http.request.method in {"GET", "PUT"}',
  'http.response.code in {200..299, 404}', 'http.response.code not in {200}', 'not http.response.code in {200}',
  'http.request.method in {"A".."Z"}', '(tcp.port == 80 || tcp.port == 90) && http', '!!http', 'not(http)',
  'any tcp.port > 1024', 'all tcp.port > 1024', 'tcp.port all_ne 80', 'tcp.port === 80', 'tcp.port ~= 80', 'tcp.port & 1',
  'tcp.port & 1 == 1', 'tcp.port == 0x50', 'tcp.port == 0120', 'http.time > 0.5', 'http.host[0:4] == "loca"',
  'http.host[0-3] == 6c:6f:63:61', 'http.host[0:2,-1] == "lo1"', 'upper(http.host)[0:2] == "LI"', 'len(http.host) + 1 == 13',
  'count(tcp.port) == 2', 'lower(http.host) contains "x"', 'string(tcp.port) matches "^8"', 'max(tcp.srcport, tcp.dstport) > 100',
  '{tcp.srcport + 1} == 81', 'tcp.port/2 == 40', 'tcp.port == 1 + 79', '-tcp.port == -80', 'tcp.port % 2',
  'http contains "GET"', 'http.host matches r"\\d+"', 'http.host ~ "127"', 'ip.addr == 127.0.0.0/8', 'ipv6.addr == fe80::/10',
  'ip.src[0:2] == 7f:00', 'ip.src in {127.0.0.1..127.0.0.9}', 'http.response == TRUE', 'websocket.masking_key == 9a-cb-04-42',
  'websocket.opcode == "Text"', 'websocket.opcode == Ping', 'http.host == "\\u00e9"', 'http.host == R"a"', 'http.host == http.server',
  'http.host eq x and tcp.port ne 1 or tcp.port gt 2 and tcp.port le 2', 'tcp.srcport == tcp.dstport + 1',
  'frame contains 47:45:54', 'frame.number in {1..10}', 'http.host [0:2] == "12"', 'http.connection matches "[[:alpha:]]+"',
];

// prettier-ignore
const refused: readonly string[] = [
  '"GET" == http.request.method', 'http.response.code in {200 404}', 'http.response.code in {}', 'http.response.code in {200,}',
  'http.response.code in {200-299}', 'tcp.port = 80', 'tcp.port == 99999', 'tcp.port == "80"', 'tcp.port == http',
  'http.response.code == 200.5', 'http.time > "1"', 'http.host == "a" &&', 'tcp.port[0:1] == 1', 'upper(tcp.port) == "1"',
  'http.host matches "("', 'http.host matches abc', 'ip.addr == localhost', 'ip.addr == ::1', 'http.response == yes',
  'websocket.opcode contains 1', 'websocket.masking_key == 0x9acb0442', 'http.host == "a\\qb"', 'http.host == "abc',
  'tcp.port == 80 tcp.port == 90', '()', '(http', 'http)', 'http.nosuch', 'HTTP.HOST', 'http.host == http.response.code',
  'http.host == "x" or "y"', 'http AND tcp', 'NOT http', 'len() == 1', 'foo(http.host)', 'len(http.host)', '(http.host) == "a"',
  'http.host[0:0] == ""', 'http.host[1-0] == ""', 'http.host[] == ""', 'http.host["x"] == ""', 'http.response.code in {200..}',
  'http.host + 1', '1 == 1', 'any http.host', 'http.host == ""y""', 'tcp.port contains "8"', 'ip.addr matches "127"',
  'http.host[0] == l', 'tcp.port > 1 < 2',
];

/** Expressions that tshark refuses and we accept, and why. */
// prettier-ignore
const wider: readonly (readonly [expression: string, why: string])[] = [
  ['http xor tcp', 'newer releases have it'],
  ['http ^^ tcp', 'newer releases have it'],
  ['http.time > 200ms', 'units'],
  ['ip.addr == "127.0.0.1"', 'quotes do no harm'],
  ['frame.time_epoch > "2026-01-01"', 'dates'],
  ['http.content_type == application/json', 'media types without quotes'],
  ['http.upgrade == websocket', 'beside text only names with a dot are fields'],
  ["http.host == 'abc'", 'shells eat double quotes'],
  ['upper(http.host) in {"A"}', 'functions in sets'],
  ['http.host matches "^1\\d"', 'a pattern keeps escapes that strings do not know'],
];

const withTshark = installed() ? describe : describe.skip;

withTshark('tshark and the grammar', () => {
  test('what it accepts', async () => {
    const taps = accepted.flatMap((expression) => ['-z', `io,phs,${expression}`]);
    await run('tshark', ['-q', '-r', capture('pipelining.pcap'), ...taps]);
    const mistakes = accepted.map(tryFilter).filter((filter) => filter instanceof FilterError);
    expect(mistakes.map((error) => [error.expression, error.message])).toEqual([]);
  });

  test.concurrent.each(refused)('it refuses %s', async (expression) => {
    expect(tryFilter(expression)).toBeInstanceOf(FilterError);
    expect(await select(expression, capture('pipelining.pcap'))).toBeUndefined();
  });

  test.concurrent.each(wider)('%s is accepted here alone: %s', async (expression) => {
    expect(tryFilter(expression)).not.toBeInstanceOf(FilterError);
    expect(await select(expression, capture('pipelining.pcap'))).toBeUndefined();
  });
});

// --- the same packets ------------------------------------------------------------------------------------------------

type Place = 'request' | 'response' | 'frame';

/** Does tshark show this message? Not where its body never came, nor a request of a method it does not know. */
function isShown(message: HttpMessage): boolean {
  const declined = findField(message.head, KnownField.expect) >= 0 && message.bodyBytes === 0;
  return message.complete && !declined && message.method !== 'PURGE';
}

/** Packets in which the selected requests, responses or frames are complete. */
async function selected(expression: string, place: Place, file: string): Promise<number[]> {
  const packets = new Set<number>();
  const nothing = (): void => {};
  const sink: RecordSink = {
    capture: nothing, connection: nothing, upgrade: nothing, message: nothing, diagnostic: nothing, summary: nothing,
    exchange: (record) => place !== 'frame' && record[place].present && isShown(record[place]) && packets.add(record[place].lastPacket),
    frame: (record) => place === 'frame' && packets.add(record.lastPacket),
  }; // prettier-ignore
  await analyzeTo(file, [filteredSink(compileFilter(expression), sink)]);
  return [...packets].sort((a, b) => a - b);
}

// prettier-ignore
const questions: readonly (readonly [file: string, place: Place, expression: string])[] = [
  ['rest.big-endian.pcap', 'request', 'http.request.method == "GET"'],
  ['rest.big-endian.pcap', 'request', 'http.request.method in {"PUT", "PATCH".."POST"}'],
  ['rest.big-endian.pcap', 'request', 'http.request.uri contains "?"'],
  ['rest.big-endian.pcap', 'request', 'http.request.uri matches "^/[a-z]+/\\\\d+$"'],
  ['rest.big-endian.pcap', 'request', 'http.host[0:3] == "api"'],
  ['rest.big-endian.pcap', 'request', 'len(http.request.uri) > 10'],
  ['rest.big-endian.pcap', 'request', 'http.request and ip.src == 198.51.100.0/24'],
  ['rest.big-endian.pcap', 'request', 'http.request and tcp.stream in {0, 2..4}'],
  ['rest.big-endian.pcap', 'response', 'http.response.code == 200'],
  ['rest.big-endian.pcap', 'response', 'http.response.code in {400..499} and http.response.code & 1'],
  ['rest.big-endian.pcap', 'response', 'http.response.phrase == "Not Found"'],
  ['nginx.pcap', 'response', 'http.response.code >= 300 and http.response.code < 400'],
  ['nginx.pcap', 'response', 'http.location'],
  ['nginx.pcap', 'response', 'http.content_encoding == "gzip"'],
  ['nginx.pcap', 'response', 'http.server contains "nginx" and http.response.code != 200'],
  ['nginx.pcap', 'request', 'http.user_agent matches "CURL"'],
  ['nginx.pcap', 'request', 'http.request.line contains "If-None-Match"'],
  ['websocket.pcap', 'frame', 'websocket.opcode == 1'],
  ['websocket.pcap', 'frame', 'websocket.opcode in {Ping, Pong}'],
  ['websocket.pcap', 'frame', 'websocket.opcode == "Connection Close"'],
  ['websocket.pcap', 'frame', 'websocket.mask == 1 and websocket.fin == 0'],
  ['websocket.pcap', 'frame', 'websocket.masking_key > 80:00:00:00'],
  ['websocket.pcap', 'frame', 'websocket.masking_key matches "[a-p]"'],
  ['websocket.pcap', 'frame', 'websocket.payload_length < 10'],
  ['websocket.pcap', 'frame', 'websocket.payload_length_ext_16 > 200'],
  ['websocket.pcap', 'frame', 'websocket.payload.close.status_code == 1000'],
  ['websocket.pcap', 'frame', 'websocket.payload.text contains "a"'],
  ['websocket.pcap', 'request', 'http.sec_websocket_key and http.upgrade == "websocket"'],
  ['websocket.pcap', 'response', 'http.sec_websocket_accept[0] > 41'],
];

withTshark('tshark and the packets', () => {
  test.concurrent.each(questions.filter(([file]) => existsSync(capture(file))))(
    '%s %s: %s',
    async (file, place, expression) => {
      const theirs = await select(expression, capture(file));
      const ours = await selected(expression, place, capture(file));
      expect(ours).toEqual(theirs);
      expect(ours).not.toEqual([]);
    },
  );
});
