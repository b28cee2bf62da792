/** Bytes as a hex dump: offset, sixteen bytes, characters, and the packet they came in. */
import { span, spaces, type Line } from '../styled.ts';

const perLine = 16;
const mostBytes = 64 * 1024;
/** Cells from which on a packet is called one; below, it is a number. */
const roomy = 86;

/** The packet in which the bytes `[start, end)` of a dump begin, 0 where that is not known; asked in order. */
export type PacketAt = (start: number, end: number) => number;

/** @param dim bytes before this offset are shown dim: headers in front of a payload */
export function hexLines(data: Uint8Array, dim = 0, packetAt: PacketAt = () => 0, width = Infinity): Line[] {
  const lines: Line[] = [];
  let packet = 0;
  const end = Math.min(data.length, mostBytes);
  for (let at = 0; at < end; at += perLine) {
    const stop = Math.min(end, at + perLine);
    const quiet = Math.max(at, Math.min(stop, dim));
    const hex = (from: number, to: number): string => {
      let text = '';
      for (let i = from; i < to; i++) text += data[i]!.toString(16).padStart(2, '0') + (i - at === 7 ? '  ' : ' ');
      return text;
    };
    const before = hex(at, quiet);
    const after = hex(quiet, stop);
    const now = packetAt(at, stop);
    const came = now === 0 || now === packet ? [] : [span(width < roomy ? ` #${now}` : `  packet ${now}`, 'accent')];
    if (now !== 0) packet = now;
    const gap = ' '.repeat(perLine * 3 + 1 - before.length - after.length);
    lines.push({
      spans: [
        span(at.toString(16).padStart(data.length > 0xffff ? 6 : 4, '0') + '  ', 'faint'),
        span(before, 'faint'),
        span(after, 'number'),
        span(gap + ' '),
        span(characters(data, at, quiet), 'faint'),
        span(characters(data, quiet, stop) + (came.length === 0 ? '' : spaces(perLine - (stop - at))), 'text'),
        ...came,
      ],
    });
  }
  if (data.length > end) lines.push({ spans: [span(`… ${data.length - end} more bytes`, 'dim')] });
  return lines;
}

function characters(data: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = data[i]!;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
  }
  return text;
}
