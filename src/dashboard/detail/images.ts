/** What an image's first bytes tell: its format and its size in pixels. */
import { u16, u16le, u32 } from '../../core/bytes.ts';

export interface ImageFacts {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly more: string;
}

export function imageFacts(data: Uint8Array): ImageFacts | undefined {
  return png(data) ?? gif(data) ?? jpeg(data) ?? webp(data);
}

const starts = (data: Uint8Array, at: number, text: string): boolean => {
  if (data.length < at + text.length) return false;
  for (let i = 0; i < text.length; i++) if (data[at + i] !== text.charCodeAt(i)) return false;
  return true;
};

const pngColours: Readonly<Record<number, string>> = {
  0: 'grey',
  2: 'RGB',
  3: 'palette',
  4: 'grey + alpha',
  6: 'RGBA',
};

function png(data: Uint8Array): ImageFacts | undefined {
  if (!starts(data, 0, '\x89PNG\r\n\x1a\n') || data.length < 26) return undefined;
  const more = `${data[24]!} bits, ${pngColours[data[25]!] ?? 'unknown colours'}`;
  return { format: 'PNG', width: u32(data, 16), height: u32(data, 20), more };
}

function gif(data: Uint8Array): ImageFacts | undefined {
  if (!starts(data, 0, 'GIF8') || data.length < 10) return undefined;
  return { format: 'GIF', width: u16le(data, 6), height: u16le(data, 8), more: '' };
}

/** Walks the segments to the frame header. */
function jpeg(data: Uint8Array): ImageFacts | undefined {
  if (data[0] !== 0xff || data[1] !== 0xd8) return undefined;
  for (let at = 2; at + 9 < data.length && data[at] === 0xff; at += 2 + u16(data, at + 2)) {
    const marker = data[at + 1]!;
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (frame) return { format: 'JPEG', width: u16(data, at + 7), height: u16(data, at + 5), more: marker === 0xc2 ? 'progressive' : '' };
  }
  return { format: 'JPEG', width: 0, height: 0, more: 'size not found' };
} // prettier-ignore

function webp(data: Uint8Array): ImageFacts | undefined {
  if (!starts(data, 0, 'RIFF') || !starts(data, 8, 'WEBP') || data.length < 30) return undefined;
  if (starts(data, 12, 'VP8 ')) {
    return { format: 'WebP', width: u16le(data, 26) & 0x3fff, height: u16le(data, 28) & 0x3fff, more: 'lossy' };
  }
  if (!starts(data, 12, 'VP8X')) return { format: 'WebP', width: 0, height: 0, more: '' };
  const size = (at: number): number => 1 + (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16));
  return { format: 'WebP', width: size(24), height: size(27), more: '' };
}
