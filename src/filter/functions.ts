/** The functions of the language, an entry each. */
import { ipv4Text, ipv6Text } from '../core/address.ts';
import { spanSeconds } from '../core/time.ts';
import { Endpoint, type AnyRecord, type BytesReader, type NumberReader } from './field.ts';
import { numberClass, type AddressSource, type BytesSource, type NumberSource, type Source } from './source.ts';
import { Span } from './span.ts';

export interface FunctionDefinition {
  readonly name: string;
  readonly description: string;
  /** Number of arguments. */
  readonly least: number;
  readonly most: number;
  /** What it takes, in words, and whether a source is that. */
  readonly takes: string;
  readonly accepts: (source: Source) => boolean;
  readonly make: (sources: readonly Source[]) => Source;
}

const one = { least: 1, most: 1 };
const some = { least: 1, most: 100 };
const isNumber = (source: Source): boolean => source.shape === 'number' && source.type !== 'time';
const isText = (source: Source): boolean => source.shape === 'bytes' && source.type !== 'protocol';

const definitions: readonly FunctionDefinition[] = [
  {
    ...one,
    name: 'len',
    description: 'length in bytes of text or bytes',
    takes: 'text or bytes',
    accepts: isText,
    make: ([source]) => length(source as BytesSource),
  },
  {
    ...one,
    name: 'count',
    description: 'how many values a field has',
    takes: 'a field',
    accepts: () => true,
    make: ([source]) => count(source!),
  },
  {
    ...one,
    name: 'lower',
    description: 'text in lower case',
    takes: 'text',
    accepts: isText,
    make: ([source]) => folded(source as BytesSource, false),
  },
  {
    ...one,
    name: 'upper',
    description: 'text in upper case',
    takes: 'text',
    accepts: isText,
    make: ([source]) => folded(source as BytesSource, true),
  },
  {
    ...one,
    name: 'string',
    description: 'a number or an address as text',
    takes: 'a number or an address',
    accepts: (source) => isNumber(source) || source.shape === 'address',
    make: ([source]) => asText(source as NumberSource | AddressSource),
  },
  {
    ...some,
    name: 'max',
    description: 'the largest of all values',
    takes: 'numbers',
    accepts: isNumber,
    make: (sources) => extreme(sources as readonly NumberSource[], 'max', Math.max),
  },
  {
    ...some,
    name: 'min',
    description: 'the smallest of all values',
    takes: 'numbers',
    accepts: isNumber,
    make: (sources) => extreme(sources as readonly NumberSource[], 'min', Math.min),
  },
  {
    ...one,
    name: 'abs',
    description: 'a number without its sign',
    takes: 'a number',
    accepts: isNumber,
    make: ([source]) => absolute(source as NumberSource),
  },
];

export const functions: ReadonlyMap<string, FunctionDefinition> = new Map(
  definitions.map((entry) => [entry.name, entry]),
);
export const functionNames: readonly string[] = definitions.map((entry) => entry.name);

function numbers(
  label: string,
  type: NumberSource['type'],
  many: boolean,
  read: NumberReader<AnyRecord> | undefined,
): NumberSource {
  return { shape: 'number', type, field: undefined, many, label, read };
}

function texts(label: string, many: boolean, read: BytesReader<AnyRecord> | undefined): BytesSource {
  return { shape: 'bytes', type: 'text', field: undefined, many, label, read };
}

function length({ read, many, label }: BytesSource): NumberSource {
  const span = new Span();
  return numbers(`len(${label})`, 'integer', many, read && ((r, i) => (read(r, i, span) ? span.length : NaN)));
}

/** Absent, not 0, where there is no value: as in Wireshark. */
function count(source: Source): NumberSource {
  const has = presence(source);
  const read =
    has &&
    ((record: AnyRecord): number => {
      let n = 0;
      while ((n === 0 || source.many) && has(record, n)) n++;
      return n === 0 ? NaN : n;
    });
  return numbers(`count(${source.label})`, 'integer', false, read);
}

function presence(source: Source): ((record: AnyRecord, index: number) => boolean) | undefined {
  switch (source.shape) {
    case 'number': {
      const { read } = source;
      return read && ((record, index) => !Number.isNaN(read(record, index)));
    }
    case 'bytes': {
      const { read } = source;
      const span = new Span();
      return read && ((record, index) => read(record, index, span));
    }
    case 'address': {
      const { read } = source;
      const endpoint = new Endpoint();
      return read && ((record, index) => read(record, index, endpoint));
    }
  }
}

function folded({ read, many, label }: BytesSource, upper: boolean): BytesSource {
  const made: BytesReader<AnyRecord> | undefined =
    read &&
    ((record, index, span) => {
      if (!read(record, index, span)) return false;
      span.fold(upper);
      return true;
    });
  return texts(`${upper ? 'upper' : 'lower'}(${label})`, many, made);
}

function asText(source: NumberSource | AddressSource): BytesSource {
  const label = `string(${source.label})`;
  if (source.shape === 'address') return texts(label, source.many, addressText(source));
  const { read, many } = source;
  const text = numberClass(source) === 'duration' ? spanSeconds : String;
  const made: BytesReader<AnyRecord> | undefined =
    read &&
    ((record, index, span) => {
      const value = read(record, index);
      return !Number.isNaN(value) && span.latin1(text(value));
    });
  return texts(label, many, made);
}

function addressText({ read }: AddressSource): BytesReader<AnyRecord> | undefined {
  const endpoint = new Endpoint();
  return (
    read &&
    ((record, index, span) => {
      if (!read(record, index, endpoint)) return false;
      const { version, words, at } = endpoint;
      return span.latin1(version === 4 ? ipv4Text(words[at]!) : ipv6Text(words, at));
    })
  );
}

function extreme(
  sources: readonly NumberSource[],
  name: string,
  choose: (a: number, b: number) => number,
): NumberSource {
  const label = `${name}(${sources.map((source) => source.label).join(', ')})`;
  const readable = sources.filter((source) => source.read !== undefined);
  if (readable.length === 0) return numbers(label, sources[0]!.type, false, undefined);
  return numbers(label, sources[0]!.type, false, (record) => {
    let best = NaN;
    for (const { read, many } of readable) {
      for (let i = 0; i === 0 || many; i++) {
        const value = read!(record, i);
        if (Number.isNaN(value)) break;
        best = Number.isNaN(best) ? value : choose(best, value);
      }
    }
    return best;
  });
}

function absolute(source: NumberSource): NumberSource {
  const { read, many, label, type } = source;
  return numbers(`abs(${label})`, type, many, read && ((record, index) => Math.abs(read(record, index))));
}
