import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { concat, pcap, toBytes, u16, u32, u8 } from '../support/captures.ts';
import { failure, readCapture, scratchFile, scratchFolder } from './reading.ts';

const folder = scratchFolder();
const refusal = async (bytes: Uint8Array): Promise<string> => failure(readCapture(scratchFile(folder, bytes, 'input')));
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.padEnd(64, '0'), 'hex'));

/** An ERF record of Ethernet, 20 bytes long. */
const erf = concat(u32(0), u8(0, 0, 0, 0x60), u8(2, 4), u16(20), u16(0), u16(60), u32(0));

describe('says what it found', () => {
  const inputs: [string, Uint8Array, string][] = [
    ['nothing', u8(), 'is empty'],
    ['three bytes', u8(1, 2, 3), 'is only 3 bytes long'],
    ['ZIP', hex('504b0304'), 'starts with 50 4b 03 04 (a ZIP archive: unpack it first)'],
    [
      'snoop',
      toBytes('snoop\0\0\0' + '\0'.repeat(20)),
      'starts with 73 6e 6f 6f (a snoop capture: convert it with editcap)',
    ],
    [
      'Network Monitor',
      toBytes('GMBU\x03\x02\x01\0'),
      'starts with 47 4d 42 55 (a Network Monitor 2 capture: convert it with editcap)',
    ],
    [
      'Sniffer',
      toBytes('TRSNIFF data    \x1a'),
      'starts with 54 52 53 4e (a Sniffer capture: convert it with editcap)',
    ],
    ['ERF', concat(erf, erf), 'starts with 00 00 00 00 (an ERF capture: convert it with editcap)'],
    [
      'modified pcap',
      pcap({ packets: [], magic: 0xa1b2cd34 }),
      "starts with 34 cd b2 a1 (a 'modified' pcap of a patched libpcap",
    ],
    [
      'modified pcap, big-endian',
      pcap({ packets: [], magic: 0xa1b2cd34, bigEndian: true }),
      "starts with a1 b2 cd 34 (a 'modified' pcap",
    ],
    [
      'another patched pcap',
      pcap({ packets: [], magic: 0xa1b234cd }),
      'starts with cd 34 b2 a1 (a pcap of a patched libpcap',
    ],
    ['ELF', hex('7f454c46'), 'starts with 7f 45 4c 46 (an ELF program)'],
    ['xz', hex('fd377a585a00'), 'starts with fd 37 7a 58 (xz data: unpack it first)'],
    [
      'key log',
      toBytes('# keys\nCLIENT_RANDOM 0011 2233\n'),
      'starts with 23 20 6b 65 (a TLS key log: give it with --keys)',
    ],
    ['JSON', toBytes('{"type":"capture"}'), 'starts with 7b 22 74 79 (JSON)'],
    [
      'hex dump',
      toBytes('0000  45 00 00 3c 1c 46\n'),
      'starts with 30 30 30 30 (a hex dump: convert it with text2pcap)',
    ],
    ['text', toBytes('Hello, world\n'), 'starts with 48 65 6c 6c (text)'],
    ['UTF-8 text', Uint8Array.from(Buffer.from('Grüße\n')), 'starts with 47 72 c3 bc (text)'],
    ['zeros', new Uint8Array(100), 'starts with 00 00 00 00 (zero bytes)'],
    ['noise', u8(0x91, 0x02, 0xf3, 0x04, 0x05, 0x06), 'starts with 91 02 f3 04;'],
    ['gzip of text', gzipSync('not a capture'), 'what is inside the gzip data starts with 6e 6f 74 20 (text)'],
    ['gzip of gzip', gzipSync(gzipSync('x')), 'what is inside the gzip data starts with 1f 8b 08 00 (gzip data)'],
    ['gzip of nothing', gzipSync(''), 'unpacks to nothing'],
    [
      'gzip, cut',
      gzipSync(pcap({ packets: [] })).subarray(0, 12),
      'the gzip data ends in the middle, at byte 12 of the file',
    ],
    [
      'gzip, damaged',
      concat(gzipSync('x').subarray(0, 10), u8(0xff, 0xff, 0xff, 0xff)),
      'damaged gzip data before byte 14 of the file: ',
    ],
    ['zstd, damaged', hex('28b52ffd08'), 'damaged zstd data before byte 32 of the file: '],
  ];
  test.each(inputs)('%s', async (_, bytes, expected) => {
    const found = await refusal(bytes);
    expect(found).toMatch(/^CaptureError: .* @0$/);
    expect(found).toContain(`input: ${expected}`);
    expect(found.includes('\n')).toBe(false);
  });

  test('what was expected is told too', async () => {
    expect(await refusal(toBytes('Hello'))).toMatch(/; expected pcap or pcapng, plain or as \.gz or \.zst @0$/);
  });
});

describe('what is no file', () => {
  test('missing', async () => {
    expect(await failure(readCapture(join(folder, 'absent.pcap')))).toMatch(/absent\.pcap: no such file @-1$/);
    expect(await failure(readCapture(join(folder, 'absent', 'x.pcap')))).toMatch(/x\.pcap: no such file @-1$/);
  });

  test('a directory', async () => {
    expect(await failure(readCapture(folder))).toMatch(/: is a directory; expected a capture file @-1$/);
  });

  test('an empty device', async () => {
    expect(await failure(readCapture('/dev/null'))).toMatch(/null: is empty @0$/);
  });

  test.skipIf(process.getuid?.() === 0)('not permitted', async () => {
    const path = scratchFile(folder, pcap({ packets: [] }), 'secret');
    chmodSync(path, 0);
    expect(await failure(readCapture(path))).toMatch(/secret: permission denied @-1$/);
  });

  test.skipIf(process.platform !== 'linux')('a file that cannot be read', async () => {
    expect(await failure(readCapture('/proc/self/mem'))).toMatch(/^CaptureError: \/proc\/self\/mem: /);
  });
});
