/**
 * Where the values of one side of a comparison come from: a field of one kind of record, or something made of it. A source
 * without `read` belongs to a field that this kind of record does not have.
 */
import type {
  AddressReader,
  AnyRecord,
  BytesField,
  BytesType,
  Field,
  NumberField,
  NumberReader,
  NumberType,
  BytesReader,
  RecordKind,
  AddressType,
} from './field.ts';

interface SourceFacts {
  /** May have several values. */
  readonly many: boolean;
  /** For messages: the field or function. */
  readonly label: string;
}

export interface NumberSource extends SourceFacts {
  readonly shape: 'number';
  /** number: the result of arithmetic, which may have a fraction. */
  readonly type: NumberType | 'number';
  readonly field: NumberField | undefined;
  readonly read: NumberReader<AnyRecord> | undefined;
}

export interface BytesSource extends SourceFacts {
  readonly shape: 'bytes';
  readonly type: BytesType;
  readonly field: BytesField | undefined;
  readonly read: BytesReader<AnyRecord> | undefined;
}

export interface AddressSource extends SourceFacts {
  readonly shape: 'address';
  readonly type: AddressType;
  readonly read: AddressReader<AnyRecord> | undefined;
}

export type Source = NumberSource | BytesSource | AddressSource;

/** The one place where a reader for one kind of record becomes a reader of records: it is only handed that kind. */
export function fieldSource(field: Field, kind: RecordKind): Source {
  const { many, name: label } = field;
  switch (field.shape) {
    case 'number':
      return {
        shape: 'number', type: field.type, field, many, label, read: field.on[kind] as NumberReader<AnyRecord> | undefined,
      }; // prettier-ignore
    case 'bytes':
      return {
        shape: 'bytes', type: field.type, field, many, label, read: field.on[kind] as BytesReader<AnyRecord> | undefined,
      }; // prettier-ignore
    case 'address':
      return {
        shape: 'address',
        type: field.type,
        many,
        label,
        read: field.on[kind] as AddressReader<AnyRecord> | undefined,
      };
  }
}

/** The values of one header field, by the name in brackets. */
export function headerSource(field: BytesField, name: string, kind: RecordKind): BytesSource {
  const read = field.header?.(name)[kind] as BytesReader<AnyRecord> | undefined;
  return { shape: 'bytes', type: 'text', field: undefined, many: true, label: `${field.name}["${name}"]`, read };
}

const classes: Readonly<Record<NumberSource['type'], 'number' | 'duration' | 'time'>> = {
  integer: 'number', size: 'number', boolean: 'number', flag: 'number', choice: 'number', number: 'number',
  duration: 'duration', time: 'time',
}; // prettier-ignore

/** Numbers of one class can be compared and added. */
export function numberClass(source: NumberSource): 'number' | 'duration' | 'time' {
  return classes[source.type];
}

const typeNames: Readonly<Record<Source['type'], string>> = {
  integer: 'a whole number', size: 'a number of bytes', duration: 'a span of time', time: 'a time', boolean: 'a yes or no',
  flag: 'a yes or no', choice: 'a number with names', number: 'a number', text: 'text', bytes: 'bytes',
  protocol: 'a protocol', address: 'an address', ipv4: 'an IPv4 address', ipv6: 'an IPv6 address',
}; // prettier-ignore

/** `status, a whole number`. */
export function describe(source: Source): string {
  return `${source.label}, ${typeNames[source.type]}`;
}
