/** What a field of the filter language is. The fields themselves stand in `fields.ts`. */
import type {
  ConnectionRecord,
  DiagnosticRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  UpgradeRecord,
} from '../timeline/records.ts';
import type { Span } from './span.ts';

export const recordKinds = ['connection', 'exchange', 'upgrade', 'frame', 'message', 'diagnostic'] as const;
export type RecordKind = (typeof recordKinds)[number];

export interface RecordByKind {
  connection: ConnectionRecord;
  exchange: ExchangeRecord;
  upgrade: UpgradeRecord;
  frame: FrameRecord;
  message: MessageRecord;
  diagnostic: DiagnosticRecord;
}
export type AnyRecord = RecordByKind[RecordKind];

/**
 * integer: a whole number. size: bytes, `10k` may be written. duration: nanoseconds inside, seconds in expressions. time:
 * nanoseconds since the first packet inside, seconds since the epoch or dates in expressions. boolean: alone it asks
 * whether the field is there. flag: alone it asks whether it is true. choice: numbers with names.
 */
export type NumberType = 'integer' | 'size' | 'duration' | 'time' | 'boolean' | 'flag' | 'choice';
/** protocol: alone it asks whether the record has that layer; its bytes can be searched. */
export type BytesType = 'text' | 'bytes' | 'protocol';
export type AddressType = 'address' | 'ipv4' | 'ipv6';
export type FieldType = NumberType | BytesType | AddressType;

/** An address and port, pointing into a connection table's words. */
export class Endpoint {
  version: 4 | 6 = 4;
  words: Int32Array = new Int32Array(4);
  at = 0;
  port = 0;
}

/** The value with this index (0 in fields with one value), NaN where there is none. */
export type NumberReader<R> = (record: R, index: number) => number;
/** Puts the value with this index into the span; false where there is none. */
export type BytesReader<R> = (record: R, index: number, span: Span) => boolean;
export type AddressReader<R> = (record: R, index: number, endpoint: Endpoint) => boolean;

interface FieldFacts {
  readonly name: string;
  readonly aliases: readonly string[];
  /** One line for help and completion. */
  readonly description: string;
  /** A record may have several values: readers are asked with 0, 1, 2 ... until there is none. */
  readonly many: boolean;
  /** Reads content that a slim export does not keep. */
  readonly readsBody: boolean;
}

export interface NumberField extends FieldFacts {
  readonly shape: 'number';
  readonly type: NumberType;
  /** Names of values, lower case. */
  readonly choices?: Readonly<Record<string, number>>;
  /** Values worth offering. */
  readonly offers?: readonly string[];
  /** The largest value an integer can have. */
  readonly most: number;
  readonly on: { readonly [K in RecordKind]?: NumberReader<RecordByKind[K]> };
}

export interface BytesField extends FieldFacts {
  readonly shape: 'bytes';
  readonly type: BytesType;
  /** Values worth offering. Where `closed`, there are no others. */
  readonly values?: readonly string[];
  readonly closed: boolean;
  readonly on: { readonly [K in RecordKind]?: BytesReader<RecordByKind[K]> };
  /** For `field["Name"]`: the readers of one header field; `name` in lower case. */
  readonly header?: (name: string) => { readonly [K in RecordKind]?: BytesReader<RecordByKind[K]> };
}

export interface AddressField extends FieldFacts {
  readonly shape: 'address';
  readonly type: AddressType;
  readonly on: { readonly [K in RecordKind]?: AddressReader<RecordByKind[K]> };
}

export type Field = NumberField | BytesField | AddressField;

/** The kinds of record a field can be asked of, in the order of `recordKinds`. */
export function kindsOf(field: Field): RecordKind[] {
  return recordKinds.filter((kind) => field.on[kind] !== undefined);
}

// --- one line a field ------------------------------------------------------------------------------------------------

type Options<F extends Field> = Partial<Omit<F, 'shape' | 'name' | 'aliases' | 'type' | 'description' | 'on'>>;

/** `names` are the field's name and its aliases, separated by spaces. */
function facts(names: string, description: string): FieldFacts {
  const [name = '', ...aliases] = names.split(' ');
  return { name, aliases, description, many: false, readsBody: false };
}

export function number(
  names: string,
  type: NumberType,
  description: string,
  on: NumberField['on'],
  options: Options<NumberField> = {},
): NumberField {
  return { ...facts(names, description), shape: 'number', type, most: Infinity, on, ...options };
}

export function text(
  names: string,
  description: string,
  on: BytesField['on'],
  options: Options<BytesField> = {},
): BytesField {
  return { ...facts(names, description), shape: 'bytes', type: 'text', closed: false, on, ...options };
}

export function bytes(
  names: string,
  description: string,
  on: BytesField['on'],
  options: Options<BytesField> = {},
): BytesField {
  return { ...text(names, description, on, options), type: 'bytes' };
}

export function protocol(name: string, description: string, on: BytesField['on']): BytesField {
  return { ...text(name, description, on, { many: true, readsBody: false }), type: 'protocol' };
}

export function address(
  names: string,
  type: AddressType,
  description: string,
  on: AddressField['on'],
  options: Options<AddressField> = {},
): AddressField {
  return { ...facts(names, description), shape: 'address', type, on, ...options };
}
