/**
 * The filter language: an expression becomes a `Filter`, and a filter selects records. The grammar is that of Wireshark's
 * display filters (`parser.ts`), over Wireshark's field names and short ones of our own (`fields.ts`).
 *
 * Where a field has several values, `==` `<` `in` `contains` `matches` hold if any value satisfies them, `!=` and `===` if
 * all do; `!==` is "any differs", and `any` or `all` before the field says it outright. Where a field is absent no
 * comparison holds, `!=` included: `not status == 200` selects what `status != 200` does not.
 *
 * A filter reads a lent record during the call, keeps nothing of it, and takes time linear in what it reads. One filter
 * serves one analysis at a time.
 */
import type {
  CaptureFacts,
  ConnectionRecord,
  DiagnosticRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  RecordSink,
  UpgradeRecord,
} from '../timeline/records.ts';
import { Compilation, compile } from './evaluator.ts';
import { kindsOf, type FieldType, type RecordKind } from './field.ts';
import { fields } from './fields.ts';
import { FilterError } from './filter-error.ts';
import { parse } from './parser.ts';
import type { Predicate } from './predicates.ts';

export { FilterError } from './filter-error.ts';
export { complete, type Completion, type CompletionItem } from './complete.ts';

/** Does a record satisfy the expression? One method for each kind, named as in `RecordSink`. */
export interface Filter {
  /** The text it was compiled from. */
  readonly expression: string;
  /** It looks into bodies or payloads: they must be kept for it to find anything. */
  readonly readsBody: boolean;
  /** To be called before the first record: times in the expression count from the capture's epoch. */
  capture(facts: Pick<CaptureFacts, 'epoch'>): void;
  connection(record: ConnectionRecord): boolean;
  exchange(record: ExchangeRecord): boolean;
  upgrade(record: UpgradeRecord): boolean;
  frame(record: FrameRecord): boolean;
  message(record: MessageRecord): boolean;
  diagnostic(record: DiagnosticRecord): boolean;
}

/** Throws `FilterError`, which knows where the mistake is. */
export function compileFilter(expression: string): Filter {
  const tree = parse(expression);
  const shared = new Compilation(expression);
  const on = (kind: RecordKind): Predicate => compile(tree, kind, shared);
  return {
    connection: on('connection'),
    exchange: on('exchange'),
    upgrade: on('upgrade'),
    frame: on('frame'),
    message: on('message'),
    diagnostic: on('diagnostic'),
    expression,
    readsBody: shared.readsBody,
    capture: ({ epoch }) => {
      for (const constant of shared.constants) constant.countFrom(epoch);
    },
  };
}

/** For an expression that is being typed: the filter, or what is wrong with it. */
export function tryFilter(expression: string): Filter | FilterError {
  try {
    return compileFilter(expression);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
}

/** Hands on the records that the filter selects; the capture's facts and the summary always. */
export function filteredSink(filter: Filter, sink: RecordSink): RecordSink {
  const filtered: RecordSink = {
    capture(facts) {
      filter.capture(facts);
      sink.capture(facts);
    },
    connection(record) {
      if (filter.connection(record)) sink.connection(record);
    },
    exchange(record) {
      if (filter.exchange(record)) sink.exchange(record);
    },
    upgrade(record) {
      if (filter.upgrade(record)) sink.upgrade(record);
    },
    frame(record) {
      if (filter.frame(record)) sink.frame(record);
    },
    message(record) {
      if (filter.message(record)) sink.message(record);
    },
    diagnostic(record) {
      if (filter.diagnostic(record)) sink.diagnostic(record);
    },
    summary(record) {
      sink.summary(record);
    },
  };
  if (sink.progress === undefined) return filtered;
  return {
    ...filtered,
    progress(record) {
      if (filter.exchange(record)) sink.progress?.(record);
    },
  };
}

/** A field as help shows it. */
export interface FieldEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: FieldType;
  readonly kinds: readonly RecordKind[];
  readonly description: string;
  /** Values it can have, where they are few; values worth trying otherwise. */
  readonly values: readonly string[];
}

/** Every field of the language, in the order of the registry: short names first, then Wireshark's. */
export const fieldCatalogue: readonly FieldEntry[] = fields.map((field) => ({
  name: field.name,
  aliases: field.aliases,
  type: field.type,
  kinds: kindsOf(field),
  description: field.description,
  values: field.shape === 'bytes' ? (field.values ?? []) : field.shape === 'number' ? offered(field) : [],
}));

function offered(field: Extract<(typeof fields)[number], { shape: 'number' }>): readonly string[] {
  if (field.type === 'boolean' || field.type === 'flag') return ['true', 'false'];
  return field.choices === undefined ? (field.offers ?? []) : Object.keys(field.choices);
}
