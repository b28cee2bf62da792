// Bodies for the recorded programs to serve, made up here: text, pictures and JSON that are the same on every run.

import { deflateSync } from 'node:zlib';
import { seededRandom } from './pcap.mjs';

const WORDS =
  'amber basil cedar delta ember fjord grove harbor indigo juniper kettle linen maple nectar olive pepper'.split(' ');

/** Sentences of about `length` bytes. */
export function prose(length, seed = 1) {
  const random = seededRandom(seed);
  let text = '';
  while (text.length < length) {
    const words = Array.from(
      { length: 6 + Math.floor(random() * 6) },
      () => WORDS[Math.floor(random() * WORDS.length)],
    );
    text += words.join(' ').replace(/^./, (first) => first.toUpperCase()) + '.\n';
  }
  return text.slice(0, length - 1) + '\n';
}

/** Bytes that do not compress. */
export function noise(length, seed = 1) {
  const random = seededRandom(seed);
  return Buffer.from(Uint8Array.from({ length }, () => random() * 256));
}

/** An 8-bit RGB picture; `grain` 0 is a smooth gradient, more is harder to compress. */
export function png(width, height, { hue = [40, 120, 200], grain = 0, seed = 1 } = {}) {
  const random = seededRandom(seed);
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = (x / width + y / height) * 60 + random() * grain;
      for (let c = 0; c < 3; c++) rows[y * (1 + width * 3) + 1 + x * 3 + c] = Math.min(255, hue[c] + light);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
