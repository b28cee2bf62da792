/** Parts of a value: `host[0:4]`, `websocket.masking_key[0]`, `ip.src[0-1]`. */
import type { ByteRange } from './ast.ts';
import { Endpoint, type AnyRecord, type BytesReader } from './field.ts';
import type { AddressSource, BytesSource } from './source.ts';
import { Span } from './span.ts';

/** The bytes of the ranges, one behind the other. A range that is not wholly inside the value gives nothing. */
export function slicedSource(source: BytesSource | AddressSource, ranges: readonly ByteRange[]): BytesSource {
  const { many, label } = source;
  const read = source.shape === 'bytes' ? source.read : addressBytes(source);
  const made = { shape: 'bytes', type: 'bytes', field: undefined, many, label: `${label}[...]` } as const;
  if (read === undefined) return { ...made, read: undefined };
  const [first] = ranges;
  if (ranges.length === 1) return { ...made, read: (r, i, span) => read(r, i, span) && narrow(span, first!) };
  const whole = new Span();
  const part = new Span();
  return {
    ...made,
    read: (record, index, span) => {
      if (!read(record, index, whole)) return false;
      span.empty();
      for (let i = 0; i < ranges.length; i++) {
        part.set(whole.data, whole.start, whole.end);
        narrow(part, ranges[i]!);
        span.append(part.data, part.start, part.end);
      }
      return true;
    },
  };
}

function narrow(span: Span, { from, to }: ByteRange): true {
  const { start, end } = span;
  const first = from < 0 ? end + from : start + from;
  const last = to === undefined ? end : to < 0 ? end + to : start + to;
  return first < start || last > end || last < first ? span.empty() : span.set(span.data, first, last);
}

/** An address as its 4 or 16 bytes. */
function addressBytes({ read }: AddressSource): BytesReader<AnyRecord> | undefined {
  if (read === undefined) return undefined;
  const endpoint = new Endpoint();
  const bytes = new Uint8Array(16);
  return (record, index, span) => {
    if (!read(record, index, endpoint)) return false;
    const length = endpoint.version === 4 ? 4 : 16;
    for (let i = 0; i < length; i++) bytes[i] = endpoint.words[endpoint.at + (i >> 2)]! >>> (24 - (i & 3) * 8);
    return span.set(bytes, 0, length);
  };
}
