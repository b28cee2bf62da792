import { describe, expect, test } from 'vitest';
import { concat, ethernet, ipv4, ipv6, tcp, u16, u32, u8 } from '../../support/captures.ts';
import { Segments } from '../link/segments.ts';

const ends = { src: '10.0.0.1', dst: '10.0.0.2' };
const ends6 = { src: '2001:db8::1', dst: '2001:db8::2' };
const segment = tcp({ seq: 7, payload: 'GET /' });
const packet = ipv4(segment, 6, ends);
const packet6 = ipv6(segment, 6, ends6);
const raw = 101;

function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

function told(seen: Segments): string[] {
  return [...seen.lines.map((line) => line.replace(/^.* seq 7 /, '')), ...seen.reports];
}

describe('lengths', () => {
  const padding = u8(0x50, 0x51, 0x52);
  test.each([
    ['padding is no payload', ethernet(concat(packet, padding), 0x0800), 0, ['"GET /"']],
    ['padding is no payload in IPv6', ethernet(concat(packet6, padding), 0x86dd), 0, ['"GET /"']],
    ['what the snap length cut is missing', ethernet(packet.slice(0, -2), 0x0800), 2, ['"GET" +2 missing']],
    ['what it cut of IPv6, too', ethernet(packet6.slice(0, -2), 0x86dd), 2, ['"GET" +2 missing']],
    ['padding that was cut is not missing', ethernet(packet, 0x0800), 20, ['"GET /"']],
    ['part of the padding cut', ethernet(concat(packet, padding), 0x0800), 20, ['"GET /"']],
    ['total length 0, cut', ethernet(patched(packet.slice(0, -2), 2, 0, 0), 0x0800), 2, ['"GET" +2 missing']],
    ['payload length 0, cut', ethernet(patched(packet6.slice(0, -2), 4, 0, 0), 0x86dd), 2, ['"GET" +2 missing']],
    ['cut inside the TCP header', ethernet(packet.slice(0, 30), 0x0800), 15, ['short segment: 10 bytes +15 missing']],
    ['cut behind the IP header', ethernet(packet.slice(0, 20), 0x0800), 25, ['short segment: 0 bytes +25 missing']],
    ['a segment too short for TCP', ethernet(ipv4(segment.slice(0, 9), 6, ends), 0x0800), 0, ['short segment: 9 bytes +0 missing']],
  ] as [string, Uint8Array, number, string[]][])('%s', (_, bytes, cut, expected) => {
    expect(told(new Segments().give(bytes, 1, bytes.length + cut))).toEqual(expected);
  }); // prettier-ignore

  test('an offloaded packet of 64 KiB and more', () => {
    const payload = 'x'.repeat(100_000);
    const big = ethernet(ipv4(tcp({ seq: 7, payload }), 6, { ...ends, totalLength: 0 }), 0x0800);
    expect(told(new Segments().give(big))).toEqual([JSON.stringify(payload)]);
  });

  test('a jumbogram, whole and cut', () => {
    const payload = 'x'.repeat(100_000);
    const jumbo = concat(u8(6, 0, 0xc2, 4), u32(8 + 20 + payload.length), tcp({ seq: 7, payload }));
    const bytes = ipv6(jumbo, 0, { ...ends6, payloadLength: 0 });
    const seen = new Segments().give(bytes, raw).give(bytes.slice(0, 100), raw, bytes.length);
    expect(told(seen)).toEqual([JSON.stringify(payload), `"${'x'.repeat(32)}" +99968 missing`]);
  });
});

describe('headers that contradict themselves', () => {
  const atomic = ipv6(concat(u8(6, 0), u16(0), u32(1), segment), 44, ends6);
  test.each([
    ['version', patched(packet, 0, 0x55), 'ip.malformed: IP version 5'],
    ['header length', patched(packet, 0, 0x44), 'ip.malformed: IPv4 header length 16'],
    ['total length', patched(packet, 2, 0, 19), 'ip.malformed: IPv4 total length 19, header length 20'],
    ['jumbo length', ipv6(concat(u8(6, 0, 0xc2, 4), u32(0x7fffffff), segment), 0, { ...ends6, payloadLength: 0 }),
      'ip.malformed: IPv6 jumbo payload length 2147483647'],
    ['nothing', u8(), 'ip.truncated: 0 of the 20 bytes of an IP header'],
    ['an IPv4 header cut', packet.slice(0, 19), 'ip.truncated: 19 of the 20 bytes of an IPv4 header'],
    ['IPv4 options cut', patched(packet, 0, 0x4f).slice(0, 40), 'ip.malformed: IPv4 total length 45, header length 60'],
    ['an IPv6 header cut', packet6.slice(0, 39), 'ip.truncated: 39 of the 40 bytes of an IPv6 header'],
    ['an extension header cut', atomic.slice(0, 45), 'ip.truncated: 5 of the 8 bytes of an IP extension header'],
    ['an extension header behind the payload', ipv6(concat(u8(6, 9), segment), 60, ends6),
      'ip.truncated: 27 of the 80 bytes of an IP extension header'],
    ['an authentication header behind the payload', ipv4(concat(u8(6, 200), segment), 51, ends),
      'ip.truncated: 27 of the 808 bytes of an IP extension header'],
  ] as [string, Uint8Array, string][])('%s', (_, bytes, expected) => {
    const seen = new Segments().give(bytes, raw).give(packet, raw);
    expect(told(seen)).toEqual(['"GET /"', expected]);
  }); // prettier-ignore
});

test('a chain of extension headers that fills the packet ends', () => {
  const chain = new Uint8Array(65_528);
  for (let i = 0; i < chain.length; i += 8) chain[i] = 60;
  const authenticated = new Uint8Array(65_504);
  for (let i = 0; i < authenticated.length; i += 8) authenticated[i] = 51;
  const seen = new Segments().give(ipv6(chain, 60, ends6), raw).give(ipv4(authenticated, 51, ends), raw);
  expect(seen.reports).toEqual([
    'ip.truncated: 0 of the 8 bytes of an IP extension header',
    'ip.truncated: 0 of the 8 bytes of an IP extension header',
  ]);
});

test('reserved flag bits and don\u2019t-fragment make no fragment', () => {
  const seen = new Segments().give(patched(packet, 6, 0x40), raw).give(patched(packet, 6, 0x80), raw);
  expect(told(seen)).toEqual(['"GET /"', '"GET /"']);
});
