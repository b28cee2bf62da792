import { describe, expect, test } from 'vitest';
import { ConnectionFlag } from '../../../src/core/connection-table.ts';
import { runTcp } from '../../support/tcp-script.ts';

const handshake = `
  > 100 SYN
  < 500 SYN ACK=101
  > 101 ACK=501
`;

const closing = `
  > 101 "a"
  > 102 FIN
  < 501 FIN ACK=103
`;

const cases: [name: string, script: string, events: string[]][] = [
  ['in order', `${handshake}
    > 101 ACK=501 "GET"
    < 501 ACK=104 "HTTP"`,
    ['> "GET"', '< "HTTP"', '> captureEnd', '< captureEnd']],
  ['reordered', `${handshake}
    > 104 "def"
    > 107 "ghi"
    > 101 "abc"`,
    ['> "abc"', '> "def"', '> "ghi"', '> captureEnd', '< captureEnd']],
  ['retransmitted whole and in part', `${handshake}
    > 101 "abc"
    > 101 "abc"
    > 102 "bcdef"`,
    ['> "abc"', '> "def"', '> captureEnd', '< captureEnd']],
  ['a retransmission with other bytes', `${handshake}
    > 101 "abc"
    > 101 "aXcd"`,
    ['> "abc"', '! tcp.conflicting-overlap', '> "d"', '> captureEnd', '< captureEnd']],
  ['overlapping segments that wait: the first copy wins', `${handshake}
    > 104 "defg"
    > 102 "bcXXXXh"
    > 101 "a"`,
    ['! tcp.conflicting-overlap', '> "a"', '> "bc"', '> "defg"', '> "h"', '> captureEnd', '< captureEnd']],
  ['sequence numbers wrap', `
    > 4294967294 SYN
    < 500 SYN ACK=4294967295
    > 4294967295 "ab"
    > 3 "ef"
    > 1 "cd"`,
    ['> "ab"', '> "cd"', '> "ef"', '> captureEnd', '< captureEnd']],
  ['data in the SYN', `
    > 100 SYN "abc"
    < 500 SYN ACK=104
    > 104 "def"`,
    ['> "abc"', '> "def"', '> captureEnd', '< captureEnd']],
  ['simultaneous open', `
    > 100 SYN
    < 500 SYN
    > 100 SYN ACK=501
    < 500 SYN ACK=101
    > 101 "a"
    < 501 "b"`,
    ['> "a"', '< "b"', '> captureEnd', '< captureEnd']],
  ['half-close', `${handshake}
    > 101 FIN "a"
    < 501 ACK=103 "b"
    < 502 FIN ACK=103`,
    ['> "a"', '> fin', '< "b"', '< fin']],
  ['a FIN before bytes that wait', `${handshake}
    > 110 "late"
    > 104 FIN`,
    ['! tcp.gap', '> gap 3', '> fin', '< captureEnd']],
  ['a FIN inside bytes that wait', `${handshake}
    > 110 "late"
    > 112 FIN`,
    ['! tcp.gap', '> gap 9', '> "late"', '> fin', '< captureEnd']],
  ['FIN before the bytes it follows', `${handshake}
    > 104 FIN
    > 101 "abc"`,
    ['> "abc"', '> fin', '< captureEnd']],
  ['data after FIN is counted, not delivered', `${handshake}
    > 101 FIN
    > 101 "late"`,
    ['> fin', '< captureEnd']],
  ['keep-alive probes are no data', `${handshake}
    > 101 "abc"
    > 103 "\\u0000"
    > 103
    > 104 "d"`,
    ['> "abc"', '> "d"', '> captureEnd', '< captureEnd']],
  ['a hole stays open until the end', `${handshake}
    > 101 "abc"
    > 107 "ghi"`,
    ['> "abc"', '! tcp.gap', '> gap 3', '> "ghi"', '> captureEnd', '< captureEnd']],
  ['a hole that was acknowledged is given up after the grace', `${handshake}
    > 104 "def"
    < 501 ACK=107
    @ +30ms
    ${'< 501 ACK=107\n'.repeat(17)}
    > 107 "g"`,
    ['! tcp.gap', '> gap 3', '> "def"', '> "g"', '> captureEnd', '< captureEnd']],
  ['on a quiet connection after a longer one, before the other side goes on', `${handshake}
    < 501 "HT"
    < 505 ACK=101 "1"
    > 101 ACK=506
    @ +110ms
    > 101 ACK=506 "next"
    < 506 "2"`,
    ['< "HT"', '! tcp.gap', '< gap 2', '< "1"', '> "next"', '< "2"', '> captureEnd', '< captureEnd']],
  ['a hole that nobody acknowledged is waited for', `${handshake}
    > 104 "def"
    @ +30ms
    ${'< 501 ACK=101\n'.repeat(40)}
    > 101 "abc"`,
    ['> "abc"', '> "def"', '> captureEnd', '< captureEnd']],
  ['bytes that were acknowledged at the end but never seen', `${handshake}
    > 101 "abc"
    < 501 ACK=124`,
    ['> "abc"', '! tcp.gap', '> gap 20', '> captureEnd', '< captureEnd']],
  ['the FIN that was acknowledged but never seen is no gap', `${handshake}
    > 101 "abc"
    < 501 ACK=105`,
    ['> "abc"', '> captureEnd', '< captureEnd']],
  ['a hole before the FIN', `${handshake}
    > 101 "abc"
    > 114 FIN`,
    ['> "abc"', '! tcp.gap', '> gap 10', '> fin', '< captureEnd']],
  ['cut by the snap length', `${handshake}
    > 101 "abc".7
    > 111 "def"`,
    ['> "abc"', '! tcp.snapped', '> gap 7', '> "def"', '> captureEnd', '< captureEnd']],
  ['reset', `${handshake}
    > 101 "abc"
    < 501 RST`,
    ['> "abc"', '> reset', '< reset']],
  ['data that crossed a reset still counts', `${handshake}
    > 101 RST
    < 501 "late"`,
    ['< "late"', '> reset', '< reset']],
  ['a reset with a reason in it: no data', `${handshake}
    < 501 RST "go away"`,
    ['> reset', '< reset']],
  ['a reset from elsewhere is ignored', `${handshake}
    < 2000000000 RST
    > 101 "a"`,
    ['> "a"', '> captureEnd', '< captureEnd']],
  ['the port is used again', `${handshake}
    > 101 "a"
    > 9000 SYN
    > 9001 "b"`,
    ['> "a"', '> captureEnd', '< captureEnd', '1> "b"', '1> captureEnd', '1< captureEnd']],
  ['the port is used again, its SYN not captured', `${handshake}${closing}
    < 90000 SYN ACK=70001
    > 70001 ACK=90001 "b"`,
    ['> "a"', '> fin', '< fin', '1> "b"', '1> captureEnd', '1< captureEnd']],
  ['the port is used again, its handshake not captured', `${handshake}${closing}
    > 4000000000 "b"
    < 3000000000 ACK=4000000001 "c"`,
    ['> "a"', '> fin', '< fin', '1> "b"', '1< "c"', '1> captureEnd', '1< captureEnd']],
  ['what comes again after the end is the old connection\'s', `${handshake}${closing}
    > 101 "a"
    < 501 FIN ACK=103
    > 102 ACK=502`,
    ['> "a"', '> fin', '< fin']],
  ['a connection that goes on although it was reset', `${handshake}
    > 101 "a"
    < 501 RST
    @ +3s
    > 102 "b"`,
    ['> "a"', '> reset', '< reset', '1> "b"', '1> captureEnd', '1< captureEnd']],
  ['a SYN sent again is the same connection', `
    > 100 SYN
    > 100 SYN
    > 101 "a"`,
    ['> "a"', '> captureEnd', '< captureEnd']],
  ['mid-stream, told by the bytes', `
    < 501 "HTTP"
    > 101 "GET"`,
    ['< "HTTP"', '> "GET"', '> captureEnd', '< captureEnd']],
  ['mid-stream, told by the port', `
    < 501 "xyz"
    > 101 "abc"`,
    ['< "xyz"', '> "abc"', '> captureEnd', '< captureEnd']],
  ['the accepting side asks', `${handshake}
    < 501 "GET"
    > 101 ACK=504 "HTTP"`,
    ['> "GET"', '< "HTTP"', '> captureEnd', '< captureEnd']],
  ['the accepting side speaks first, and answers', `${handshake}
    < 501 "HTTP"
    > 101 ACK=505 "GET"`,
    ['< "HTTP"', '> "GET"', '> captureEnd', '< captureEnd']],
  ['the accepting side asks after it was asked', `${handshake}
    > 101 "HELO"
    < 501 "GET"`,
    ['> "HELO"', '< "GET"', '> captureEnd', '< captureEnd']],
  ['far ahead of the window: not data', `${handshake}
    > 1500000000 "x"
    > 101 "a"`,
    ['> "a"', '> captureEnd', '< captureEnd']],
]; // prettier-ignore

describe('reassembly', () => {
  test.each(cases)('%s', (_name, script, events) => {
    const run = runTcp(script);
    expect(run.events).toEqual(events);
    expect(run.budget.used).toBe(0);
    expect(run.connections.size).toBe(0);
  });
});

test('counts by side', () => {
  const [connection] = runTcp(`${handshake}
    > 101 ACK=501 "abc"
    > 101 ACK=501 "abc"
    < 504 ACK=104 "def"
    < 501 ACK=104 "abc"
    > 104 RST`).closed;
  expect(connection).toMatchObject({
    client: '10.0.0.1:40001',
    server: '10.0.0.2:80',
    packets: [5, 3],
    bytes: [6, 6],
    retransmissions: [1, 0],
    outOfOrder: [0, 1],
    missingBytes: [0, 0],
    handshakeRtt: 2000,
  });
  expect(connection!.flags & ConnectionFlag.reset).toBeTruthy();
});

test('who opened a connection remains its client, also where the other side asks', () => {
  const [connection] = runTcp(`${handshake}
    < 501 ACK=101 "GET"
    > 101 ACK=504 "HTTP"`).closed;
  expect(connection).toMatchObject({
    client: '10.0.0.1:40001',
    server: '10.0.0.2:80',
    bytes: [4, 3],
    handshakeRtt: 2000,
  });
});

test('a bound on waiting bytes gives up the hole', () => {
  const { events } = runTcp(`${handshake}\n> 201 "x"*60\n> 261 "y"*60`, { heldBytes: 100 });
  expect(events.slice(0, 5)).toEqual([
    '! tcp.buffer-limit',
    '! tcp.gap',
    '> gap 100',
    `> "${'x'.repeat(60)}"`,
    `> "${'y'.repeat(60)}"`,
  ]);
});

test('a bound on waiting segments gives up the hole', () => {
  const script = Array.from({ length: 12 }, (_, i) => `> ${200 + i * 2} "x"`).join('\n');
  const { events, budget } = runTcp(handshake + script, { heldSegments: 10 });
  expect(events.filter((event) => event === '! tcp.buffer-limit').length).toBeGreaterThan(0);
  expect(budget.used).toBe(0);
});

test('the longest idle connections retire at the limit', () => {
  const script = Array.from({ length: 40 }, (_, i) => `c${i + 1}> 100 SYN`).join('\n');
  const { closed, connections, events } = runTcp(script, { connections: 16 }, false);
  expect(connections.size).toBeLessThanOrEqual(16);
  expect(closed.map(({ id }) => id)).toEqual(Array.from({ length: closed.length }, (_, i) => i));
  expect(events.filter((event) => event === '! tcp.retired')).toHaveLength(closed.length);
});

test('closed connections linger for late segments, then go', () => {
  const close = `${handshake}
    > 101 FIN ACK=501
    < 501 FIN ACK=102
    > 102 ACK=502`;
  expect(runTcp(close, {}, false).closed).toHaveLength(0);
  expect(runTcp(`${close}\n@ +61s\nc2> 1 SYN`, {}, false).closed).toHaveLength(1);
  const many = Array.from({ length: 9 }, (_, i) => close.replaceAll(/^\s*([<>])/gm, `c${i + 1}$1`)).join('\n');
  const { closed } = runTcp(many, { lingering: 4 }, false);
  expect(closed.map(({ packets }) => packets)).toEqual(Array.from({ length: closed.length }, () => [4, 2]));
  expect(closed.length).toBeGreaterThanOrEqual(4);
});
