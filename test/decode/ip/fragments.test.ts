/**
 * Fragments in run notation: `0-16 16-40` are two fragments of the bytes behind the IP header, in this order; the one
 * that reaches the end is the last. `!` behind a fragment: with other bytes; `/8`: only its first 8 bytes captured;
 * `+`: it says that more follow although it reaches the end; `.`: it says it is the last although it does not.
 */
import { describe, expect, test } from 'vitest';
import { concat, ipv4, ipv6, tcp, u16, u32, u8 } from '../../support/captures.ts';
import { Segments } from '../link/segments.ts';

interface Run {
  from: number;
  to: number;
  more: boolean;
  other: boolean;
  captured: number;
}

const text = 'the quick brown fox jumps over the lazy dog!';
const segment = tcp({ seq: 7, payload: text });

function run(notation: string, length: number): Run {
  const [, from, to, marks, captured] = /^(\d+)-(\d+)([!+.]*)(?:\/(\d+))?$/.exec(notation)!;
  const last = Number(to) >= length ? !marks!.includes('+') : marks!.includes('.');
  return {
    from: Number(from),
    to: Number(to),
    more: !last,
    other: marks!.includes('!'),
    captured: captured === undefined ? Infinity : Number(captured),
  };
}

function fragment(version: 4 | 6, id: number, whole: Uint8Array, r: Run): Uint8Array {
  const bytes = concat(whole, new Uint8Array(70000)).slice(r.from, r.to);
  const payload = r.other ? bytes.map((byte) => byte ^ 0x20) : bytes;
  if (version === 4) {
    return ipv4(payload, 6, { src: '10.0.0.1', dst: '10.0.0.2', id, fragmentOffset: r.from, moreFragments: r.more });
  }
  const header = concat(u8(6, 0), u16(r.from | (r.more ? 1 : 0)), u32(id));
  return ipv6(concat(header, payload), 44, { src: '2001:db8::1', dst: '2001:db8::2' });
}

function give(seen: Segments, version: 4 | 6, notation: string, id = 0x2a, whole = segment): Segments {
  for (const one of notation.split(' ')) {
    const r = run(one, whole.length);
    const bytes = fragment(version, id, whole, r);
    const header = version === 4 ? 20 : 48;
    seen.give(bytes.slice(0, header + r.captured), 101, bytes.length);
  }
  return seen;
}

/** What is left of the output: the text, and codes of the reports. */
function told(seen: Segments): string[] {
  return [...seen.lines.map((line) => line.replace(/^.* seq 7 /, '')), ...seen.reports.map((r) => r.split(':')[0]!)];
}

const whole = JSON.stringify(text);

/** The text with `[from, to)` in the bytes that `!` makes. */
function flip(from: number, to: number): string {
  const flipped = Buffer.from(text, 'latin1').map((byte, at) => (at >= from && at < to ? byte ^ 0x20 : byte));
  return JSON.stringify(Buffer.from(flipped).toString('latin1'));
}

describe.each([4, 6] as const)('IPv%i fragments', (version) => {
  test.each([
    ['in order', '0-16 16-40 40-64', [whole]],
    ['in reverse', '40-64 16-40 0-16', [whole]],
    ['the last one first', '40-64 0-16 16-40', [whole]],
    ['a first one shorter than a TCP header', '0-8 8-64', [whole]],
    ['the last one short', '0-56 56-64', [whole]],
    ['repeated before the end', '0-16 0-16 16-40 16-40 40-64', [whole]],
    ['each one twice', '0-32 0-32 32-64 32-64', [whole]],
    ['all of them twice', '0-32 32-64 0-32 32-64', [whole, whole]],
    ['repeated in other pieces', '0-32 0-16 16-32 32-64', [whole]],
    ['overlapping, the same bytes', '0-32 24-48 48-64', [whole, 'ip.fragment-overlap']],
    ['overlapping, other bytes: the first copy stays', '0-32 24-48! 32-64', [flip(12, 28), 'ip.fragment-overlap']],
    ['overlapping from below', '24-48 0-32! 48-64', ['ip.fragment-overlap'], 'ports differ'],
    ['repeated with other bytes', '0-32 0-32! 32-64', [whole, 'ip.fragment-overlap']],
    ['overlaps are reported once a datagram', '0-32 0-40 0-48 48-64', [whole, 'ip.fragment-overlap']],
    ['a hole', '0-16 24-64', []],
    ['without the first', '16-40 40-64', []],
    ['without the last', '0-16 16-40', []],
    ['beyond the end that the last one set', '0-16 56-64 64-72+ 16-56', [whole, 'ip.malformed']],
    ['a second end, further back', '0-16 24-32. 40-64 16-24', ['ip.malformed'], 'shorter'],
    ['an end before bytes that came', '0-16 40-56 24-32. 16-40 56-64', [whole, 'ip.malformed']],
    ['an odd length before the end', '0-13 16-64 0-16', [whole, 'ip.malformed']],
    ['an empty one', '0-16 16-16+ 16-64', [whole, 'ip.malformed']],
    ['an empty last one', '0-16 64-64 16-64', [whole, 'ip.malformed']],
  ] as [string, string, string[], string?][])('%s: %s', (_, notation, expected, note) => {
    const lines = told(give(new Segments(), version, notation));
    if (note === undefined) expect(lines).toEqual(expected);
    else expect(lines.filter((line) => line.startsWith('ip.'))).toEqual(expected);
  });

  test.each([
    ['the last one cut', '0-32 32-64/8', `${JSON.stringify(text.slice(0, 20))} +24 missing`],
    ['one in the middle cut', '0-32 32-48/4 48-64', `${JSON.stringify(text.slice(0, 16))} +28 missing`],
    ['nothing captured of the last', '0-32 32-64/0', `${JSON.stringify(text.slice(0, 12))} +32 missing`],
    ['the first one cut inside the TCP header', '0-32/12 32-64', 'short segment: 12 bytes +52 missing'],
    ['what was cut of a repetition', '0-32 32-64/8 0-32/8', `${JSON.stringify(text.slice(0, 20))} +24 missing`],
  ])('snap length: %s', (_, notation, expected) => {
    const seen = give(new Segments(), version, notation);
    expect(seen.lines.map((line) => line.replace(/^.* seq 7 /, ''))).toEqual([expected]);
    expect(seen.reports).toEqual([]);
  });

  test('datagrams are told apart by their identification', () => {
    const seen = new Segments();
    give(seen, version, '0-16', 1);
    give(seen, version, '0-16', 2);
    give(seen, version, '16-64', 2);
    expect(seen.lines).toHaveLength(1);
    give(seen, version, '16-64', 1);
    expect(seen.lines).toHaveLength(2);
  });

  test('the packet is the one that completed it', () => {
    const seen = give(new Segments(), version, '0-16 16-40');
    seen.moment.packet = 77;
    give(seen, version, '40-64');
    expect(seen.moment.packet).toBe(78);
    expect(seen.lines[0]).toMatch(
      version === 4 ? /^10\.0\.0\.1:40000 > 10\.0\.0\.2:80 / : /^\[2001:db8::1\]:40000 > \[2001:db8::2\]:80 /,
    );
  });

  test('after thirty seconds the rest is not waited for', () => {
    const seen = give(new Segments(), version, '0-16 16-40');
    seen.moment.time = 30e9 + 1;
    give(seen, version, '40-64');
    expect(seen.lines).toEqual([]);
    expect(seen.reports).toEqual([
      `ip.fragment-incomplete: IPv${version} datagram 0x2a begun in packet 1: 40 of an unknown number of bytes`,
    ]);
  });

  test('what is left at the end of the capture is reported', () => {
    const seen = give(new Segments(), version, '0-16 40-64');
    seen.link.finish();
    seen.link.finish();
    expect(seen.reports).toEqual([
      `ip.fragment-incomplete: IPv${version} datagram 0x2a begun in packet 1: 40 of 64 bytes`,
    ]);
  });

  test('late duplicates of a whole datagram are not incomplete', () => {
    const seen = give(new Segments(), version, '0-32 32-64 32-64');
    seen.link.finish();
    expect(told(seen)).toEqual([whole]);
  });

  test('a flood takes bounded memory, the oldest give way', () => {
    const seen = new Segments();
    give(seen, version, '0-16', 1);
    for (let id = 2; id < 2000; id++) give(seen, version, '65400-65416+', id);
    expect(seen.reports.length).toBeGreaterThan(1900);
    expect(new Set(seen.reports.map((report) => report.split(':')[0]))).toEqual(new Set(['ip.fragment-limit']));
    give(seen, version, '0-16 16-64', 5000);
    expect(seen.lines).toHaveLength(1);
    seen.reports.length = 0;
    seen.link.finish();
    // 4 MiB hold this many datagrams of 64 KiB and their maps.
    expect(seen.reports.length).toBeGreaterThan(40);
    expect(seen.reports.length).toBeLessThanOrEqual((4 * 1024 * 1024) / 65536);
  });

  test('small ones are bounded in number', () => {
    const seen = new Segments();
    for (let id = 0; id < 1000; id++) give(seen, version, '0-16', id);
    expect(seen.reports).toHaveLength(1000 - 256);
  });

  test.each(['0-4120 4120-4280 4280-5060', '4120-4280 0-4120 4280-5060', '4280-5060 4120-4280 0-4120'])(
    'room is made for every piece: %s',
    (notation) => {
      const payload = 'abcdefghi'.repeat(560);
      const seen = give(new Segments(), version, notation, 1, tcp({ seq: 7, payload }));
      expect(told(seen)).toEqual([JSON.stringify(payload)]);
    },
  );

  test('a datagram of the largest size comes through, a larger one does not', () => {
    const payload = 'x'.repeat(65535 - 40);
    const big = tcp({ seq: 7, payload });
    const seen = give(new Segments(), version, '0-40000 40000-65515', 1, big);
    expect(seen.lines[0]?.endsWith(JSON.stringify(payload))).toBe(true);
    give(seen, version, '0-40000 40000-65528', 2, tcp({ payload: 'x'.repeat(65528 - 20) }));
    expect(told(seen).slice(1)).toEqual(['ip.malformed']);
  });

  test('65,515 bytes in fragments of eight, backwards, take no time to speak of', () => {
    const big = tcp({ seq: 7, payload: 'x'.repeat(65512 - 20) });
    const pieces: string[] = [];
    for (let at = 65512 - 8; at >= 0; at -= 8) pieces.push(`${at}-${at + 8}`);
    const packets = pieces.map((piece) => fragment(version, 9, big, run(piece, big.length)));
    const seen = new Segments();
    const before = performance.now();
    for (const packet of packets) seen.give(packet, 101);
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(seen.lines).toHaveLength(1);
  });
});

test('IPv4 datagrams are told apart by their protocol, IPv6 goes by the first fragment\u2019s next header', () => {
  const ends = { src: '2001:db8::1', dst: '2001:db8::2' };
  const first = ipv6(concat(u8(6, 0), u16(1), u32(1), segment.slice(0, 32)), 44, ends);
  const last = ipv6(concat(u8(17, 0), u16(32), u32(1), segment.slice(32)), 44, ends);
  expect(told(new Segments().give(first, 101).give(last, 101))).toEqual([whole]);

  const ends4 = { src: '10.0.0.1', dst: '10.0.0.2', id: 1 };
  const first4 = ipv4(segment.slice(0, 32), 6, { ...ends4, moreFragments: true });
  const last4 = ipv4(segment.slice(32), 17, { ...ends4, fragmentOffset: 32 });
  expect(told(new Segments().give(first4, 101).give(last4, 101))).toEqual([]);
});

test('extension headers inside a reassembled packet are walked', () => {
  const ends = { src: '2001:db8::1', dst: '2001:db8::2' };
  const payload = concat(u8(6, 0), new Uint8Array(6), segment);
  const first = ipv6(concat(u8(60, 0), u16(1), u32(1), payload.slice(0, 8)), 44, ends);
  const last = ipv6(concat(u8(60, 0), u16(8), u32(1), payload.slice(8)), 44, ends);
  expect(told(new Segments().give(first, 101).give(last, 101))).toEqual([whole]);
});

test('a tunnel in fragments, fragments in a tunnel', () => {
  const ends = { src: '10.0.0.1', dst: '10.0.0.2' };
  const outer = { src: '192.0.2.1', dst: '192.0.2.2' };
  const inner = ipv4(segment, 6, ends);
  const tunnelled = [
    ipv4(inner.slice(0, 48), 4, { ...outer, id: 1, moreFragments: true }),
    ipv4(inner.slice(48), 4, { ...outer, id: 1, fragmentOffset: 48 }),
  ];
  const divided = [
    ipv4(ipv4(segment.slice(0, 32), 6, { ...ends, id: 1, moreFragments: true }), 4, outer),
    ipv4(ipv4(segment.slice(32), 6, { ...ends, id: 1, fragmentOffset: 32 }), 4, outer),
  ];
  for (const packets of [tunnelled, divided]) {
    const seen = new Segments();
    for (const packet of packets) seen.give(packet, 101);
    expect(told(seen)).toEqual([whole]);
  }
});
