/** Small pieces of text that several panels show: times, sizes, status codes, marks. */
import { spanText } from '../insight/units.ts';
import { span, type Span, type Style } from './styled.ts';

/** Seconds since the capture began, in the same places in every row: `12.345`. */
export function timeText(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  return Math.abs(seconds) < 1e6 ? seconds.toFixed(3) : seconds.toFixed(0);
}

/** A span in at most eight cells: `45.6 ms`. */
export function shortSpan(nanoseconds: number): string {
  return Number.isNaN(nanoseconds) ? '' : spanText(nanoseconds);
}

const units = ['B', 'k', 'M', 'G', 'T'];

/** Bytes in at most five cells: `999`, `1.2k`, `45k`, `3.4M`. */
export function shortBytes(bytes: number): string {
  if (Number.isNaN(bytes)) return '';
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return String(value);
  return (value < 9.95 ? value.toFixed(1) : value.toFixed(0)) + units[unit]!;
}

export function statusStyle(status: number): Style {
  if (status >= 500) return 'bad';
  if (status >= 400) return 'warn';
  if (status >= 300) return 'info';
  return status >= 200 ? 'good' : status > 0 ? 'accent' : 'dim';
}

/** What matters of a content type: `json`, `html`, `event-stream`. */
export function shortType(contentType: string): string {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const short = /^(?:application|text|image|audio|video|font)\/(?:x-|vnd\.)?(.+)$/.exec(type)?.[1] ?? type;
  return short === 'javascript' ? 'js' : short.replace(/\+xml$/, '').replace(/^octet-stream$/, 'bytes');
}

/** One cell for the worst diagnostic: see `severityRanks`. */
export function severityMark(rank: number): Span {
  if (rank === 3) return span('✗', 'bad');
  if (rank === 2) return span('!', 'warn');
  return rank === 1 ? span('·', 'dim') : span(' ');
}

export const severityStyles: readonly Style[] = ['dim', 'dim', 'warn', 'bad'];

export function methodStyle(method: string): Style {
  return method === 'GET' || method === 'HEAD' ? 'text' : method === 'DELETE' ? 'warn' : 'method';
}
