import { describe, expect, test } from 'vitest';
import { AssertionSink, parseAssertion } from '../../src/filter/assertion.ts';
import type { CaptureFacts } from '../../src/timeline/records.ts';
import { connection, diagnostic, exchange, frame, message, openConnection, upgrade } from '../support/records.ts';

const on = openConnection({ client: '10.0.0.1:4000', server: '10.0.0.9:80' });

function answered(id: number, path: string, status: number, ms: number) {
  return exchange({
    on,
    id,
    request: `GET ${path} HTTP/1.1\r\nHost: api.example\r\n\r\n`,
    response: `HTTP/1.1 ${status} X\r\nContent-Length: ${id}\r\n\r\n${'.'.repeat(id)}`,
    times: [id * 1e9, id * 1e9, id * 1e9 + ms * 5e5, id * 1e9 + ms * 1e6],
    packets: [id * 10, id * 10],
  });
}

/** Four answered exchanges (10, 20, 30, 400 ms; one 503), one without an answer, and one record of each other kind. */
function check(text: string) {
  const sink = new AssertionSink([parseAssertion(text)]);
  sink.capture({ epoch: 1_795_361_583_000_000_000n } as CaptureFacts);
  sink.exchange(answered(1, '/a', 200, 10));
  sink.exchange(answered(2, '/b', 200, 20));
  sink.exchange(answered(3, '/c', 503, 400));
  sink.exchange(answered(4, '/d', 404, 30));
  sink.exchange(exchange({ on, id: 5, request: 'GET /e HTTP/1.1\r\nHost: other.example\r\n\r\n' }));
  sink.upgrade(upgrade());
  sink.frame(frame({ on, payload: 'hello' }));
  sink.message(message({ on, data: 'hello' }));
  sink.diagnostic(diagnostic('tcp.gap'));
  sink.connection(connection({ on }));
  sink.summary();
  return sink.results()[0]!;
}

describe('what holds and what does not', () => {
  test.each([
    ['status == 503', true],
    ['status == 500', false],
    ['time > "2026-11-22 15:33:06"', true],
    ['count(status >= 500) == 0', false],
    ['count(status >= 500) == 1', true],
    ['count(status >= 500) in {1..3}', true],
    ['count(status >= 500, path == /a) == 0', true],
    ['none(status >= 500)', false],
    ['any(status >= 500)', true],
    ['not any(status == 500)', true],
    ['all(status < 600)', false],
    ['all(status < 600, status)', true],
    ['all(host contains "example")', true],
    ['all(host == "api.example" or opcode == text)', false],
    ['all(method == GET)', true],
    ['all(opcode == text)', true],
    ['max(duration) < 500ms', true],
    ['max(duration, status == 200) < 0.021', true],
    ['max(duration) < 0.1', false],
    ['min(duration) == 10ms', true],
    ['avg(duration) == 115ms', true],
    ['avg(size, http) == 2.5', true],
    ['sum(size, http) == 10', true],
    ['sum(size, status == 1) == 0', true],
    ['median(duration) == 20ms', true],
    ['p50(duration) == 20ms', true],
    ['p75(duration) == 30ms', true],
    ['p95(duration) < 0.5', true],
    ['p99.9(duration) == 0.4', true],
    ['p95(duration) <= 0.03', false],
    ['max(duration, status == 1) < 1', false],
    ['count(status >= 500) / count(status) < 0.01', false],
    ['count(status >= 500) / count(status) == 0.25', true],
    ['max(duration) / median(duration) > 19', true],
    ['max(duration) - min(duration) < 400ms', true],
    ['max(duration) > avg(duration)', true],
    ['count(status >= 500) == 0 or max(duration) < 1', true],
    ['count(kind == exchange) == 5 and count(frame) == 10', true],
    ['(count(status) == 4)', true],
  ])('%s: %s', (text, ok) => {
    expect(check(text).ok).toBe(ok);
  });
});

describe('what is said about it', () => {
  test('a count that is too high names the first record', () => {
    expect(check('count(status >= 500) == 0')).toEqual({
      text: 'count(status >= 500) == 0',
      ok: false,
      found: 'count(status >= 500) is 1',
      expected: 'count(status >= 500) == 0',
      firstFailing: {
        kind: 'exchange',
        id: 3,
        connection: 0,
        time: 3e9,
        packet: 30,
        label: 'GET http://api.example/c, status 503',
      },
    });
  });

  test.each([
    ['all(status < 600)', 'all(status < 600) is 4 of 5', 'GET http://other.example/e, no response'],
    ['none(opcode == text)', 'none(opcode == text) is 2 of 10', 'text frame of 5 bytes from the client'],
    ['max(duration) < 0.1', 'max(duration) is 0.4 s', 'GET http://api.example/c, status 503'],
    ['min(size, http) > 1', 'min(size, http) is 1', 'GET http://api.example/a, status 200'],
    ['count(status) > 10', 'count(status) is 4', undefined],
    ['p95(ttfb, status == 1) < 1', 'p95(ttfb, status == 1) is not known: no record has it', undefined],
    ['count(diagnostic) == 0', 'count(diagnostic) is 1', 'tcp.gap: bytes of this stream are missing from the capture'],
    ['count(outcome) == 0', 'count(outcome) is 1', 'upgrade to websocket: accepted'],
    ['count(closing) == 0', 'count(closing) is 1', '10.0.0.1:4000 to 10.0.0.9:80'],
  ])('%s', (text, found, label) => {
    const result = check(text);
    expect(result.ok).toBe(false);
    expect(result.found).toBe(found);
    expect(result.firstFailing?.label).toBe(label);
  });

  test('a condition alone', () => {
    expect(check('status == 500')).toMatchObject({ found: 'none of 10 records matches', firstFailing: undefined });
    expect(check('status == 200').found).toBe('2 of 10 records match');
  });
});

test('percentiles over many records', () => {
  const assertion = parseAssertion('p90(size) == 9000');
  const record = message({});
  for (let i = 10_000; i > 0; i--) {
    record.length = i;
    assertion.add('message', record);
  }
  expect(assertion.result()).toMatchObject({ ok: true, found: 'p90(size) is 9000' });
});

test('whether bodies must be kept', () => {
  expect(parseAssertion('count(text contains "x") == 0').readsBody).toBe(true);
  expect(parseAssertion('max(duration) < 1').readsBody).toBe(false);
  expect(parseAssertion('text contains "x"').readsBody).toBe(true);
});
