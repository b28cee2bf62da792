/**
 * Assertions about a whole capture, for `wirescope check`: a filter expression alone says that some record satisfies it;
 * aggregates say more, and are compared and joined like fields:
 *
 *   count(status >= 500) == 0          none(opcode == close and code != 1000)
 *   all(duration < 1)                  max(duration, method == GET) < 500ms
 *   p95(ttfb) < 0.2 and median(size) < 64k
 *   count(status >= 500) / count(status) < 0.01
 *
 * Aggregates that count take a condition, those that measure a field; a second condition says which records are looked
 * at. `all` looks at the kinds of record that have the most of the fields it names, and fails where one of them is absent:
 * `all(status < 500, status)` leaves out what was not answered. Fields of single records stand only inside of aggregates.
 */
import type { CaptureFacts, RecordSink } from '../timeline/records.ts';
import {
  CountingAggregator,
  MeasuringAggregator,
  findAggregate,
  type Aggregator,
  type Predicates,
} from './aggregates.ts';
import { expressionText, type Aggregate, type Expression, type Operand } from './ast.ts';
import { Compilation, compile, compileSource } from './evaluator.ts';
import { recordKinds, type AnyRecord, type RecordKind } from './field.ts';
import { findField } from './fields.ts';
import { parse } from './parser.ts';
import type { Predicate } from './predicates.ts';
import type { RecordReference } from './record-reference.ts';
import type { NumberSource, Source } from './source.ts';
import { misfit } from './values.ts';

export type { RecordReference } from './record-reference.ts';

export interface AssertionResult {
  readonly text: string;
  readonly ok: boolean;
  /** What is the case: `count(status >= 500) is 3`. */
  readonly found: string;
  readonly expected: string;
  /** A record that shows why it does not hold, where one does: the first that is too many, the largest ... */
  readonly firstFailing: RecordReference | undefined;
}

/** One assertion and what it has seen so far: good for one capture. */
export interface Assertion {
  readonly text: string;
  /** It looks into bodies or payloads: they must be kept. */
  readonly readsBody: boolean;
  capture(facts: Pick<CaptureFacts, 'epoch'>): void;
  add(kind: RecordKind, record: AnyRecord): void;
  result(): AssertionResult;
}

/** Throws `FilterError`, which knows where the mistake is. */
export function parseAssertion(text: string): Assertion {
  const tree = parse(text, { aggregates: findAggregate });
  return hasAggregate(tree) ? new AggregateAssertion(text, tree) : new ExistenceAssertion(text, tree);
}

/** Feeds all records of an analysis to assertions. */
export class AssertionSink implements RecordSink {
  private readonly assertions: readonly Assertion[];

  constructor(assertions: readonly Assertion[]) {
    this.assertions = assertions;
  }

  /** What held and what did not, in the order given; to be asked after the last record. */
  results(): AssertionResult[] {
    return this.assertions.map((assertion) => assertion.result());
  }

  capture(facts: CaptureFacts): void {
    for (const assertion of this.assertions) assertion.capture(facts);
  }
  connection(record: AnyRecord): void {
    this.add('connection', record);
  }
  exchange(record: AnyRecord): void {
    this.add('exchange', record);
  }
  upgrade(record: AnyRecord): void {
    this.add('upgrade', record);
  }
  frame(record: AnyRecord): void {
    this.add('frame', record);
  }
  message(record: AnyRecord): void {
    this.add('message', record);
  }
  diagnostic(record: AnyRecord): void {
    this.add('diagnostic', record);
  }
  summary(): void {}

  private add(kind: RecordKind, record: AnyRecord): void {
    for (let i = 0; i < this.assertions.length; i++) this.assertions[i]!.add(kind, record);
  }
}

/** `EXPR`: at least one record satisfies it. */
class ExistenceAssertion implements Assertion {
  readonly text: string;
  readonly readsBody: boolean;
  private readonly shared: Compilation;
  private readonly counter: CountingAggregator;

  constructor(text: string, tree: Expression) {
    this.text = text;
    this.shared = new Compilation(text);
    this.counter = new CountingAggregator('any', predicates(tree, recordKinds, this.shared), undefined);
    this.readsBody = this.shared.readsBody;
  }

  capture(facts: Pick<CaptureFacts, 'epoch'>): void {
    countFrom(this.shared, facts.epoch);
  }

  add(kind: RecordKind, record: AnyRecord): void {
    this.counter.add(kind, record);
  }

  result(): AssertionResult {
    const ok = this.counter.value === 1;
    const found = ok ? `${this.counter.text} records match` : `none of ${this.counter.text.slice(5)} records matches`;
    return { text: this.text, ok, found, expected: 'at least one record that matches', firstFailing: undefined };
  }
}

/** Aggregates, compared and joined. */
class AggregateAssertion implements Assertion {
  readonly text: string;
  private readonly tree: Expression;
  private readonly inner: Compilation;
  private readonly outer: Compilation;
  private readonly aggregators = new Map<Aggregate, Aggregator>();
  private readonly holds: Predicate;

  constructor(text: string, tree: Expression) {
    this.text = text;
    this.tree = tree;
    this.inner = new Compilation(text);
    this.outer = new Compilation(text, (node) => this.source(node));
    this.holds = compile(tree, 'exchange', this.outer);
  }

  get readsBody(): boolean {
    return this.inner.readsBody;
  }

  capture(facts: Pick<CaptureFacts, 'epoch'>): void {
    countFrom(this.inner, facts.epoch);
  }

  add(kind: RecordKind, record: AnyRecord): void {
    for (const aggregator of this.aggregators.values()) aggregator.add(kind, record);
  }

  result(): AssertionResult {
    const ok = this.holds(nobody);
    const found = [...this.aggregators].map(([node, aggregator]) => `${expressionText(node)} is ${aggregator.text}`);
    const firstFailing = ok ? undefined : this.culprit(this.tree);
    return { text: this.text, ok, found: found.join(', '), expected: expressionText(this.tree), firstFailing };
  }

  private source(node: Aggregate): Source {
    const where = node.where === undefined ? undefined : predicates(node.where, recordKinds, this.inner);
    if (node.test !== undefined) {
      const kinds = node.name === 'all' ? kindsFor(node.test) : recordKinds;
      const counter = new CountingAggregator(node.name, predicates(node.test, kinds, this.inner), where);
      return this.measured(node, counter, node.name === 'count' ? 'integer' : 'flag');
    }
    const sources: Partial<Record<RecordKind, NumberSource>> = {};
    let type: NumberSource['type'] = 'number';
    for (const kind of recordKinds) {
      const source = compileSource(node.of!, kind, this.inner);
      if (source.shape !== 'number' || source.type === 'time') {
        throw misfit(this.text, node.of!, `a field that is a number or a span of time, for ${node.name}()`);
      }
      sources[kind] = source;
      type = source.type;
    }
    const exact = type === 'duration' || type === 'size' || node.name === 'max' || node.name === 'min';
    return this.measured(node, new MeasuringAggregator(node.name, sources, where), exact ? type : 'number');
  }

  private measured(node: Aggregate, aggregator: Aggregator, type: NumberSource['type']): NumberSource {
    this.aggregators.set(node, aggregator);
    const field = undefined;
    return { shape: 'number', type, field, many: false, label: `${node.name}()`, read: () => aggregator.value };
  }

  /** The record behind the first comparison that can have failed by being too large (of `min`: too small). */
  private culprit(node: Expression): RecordReference | undefined {
    switch (node.kind) {
      case 'and':
      case 'or':
      case 'xor':
        return node.terms.map((term) => this.culprit(term)).find((found) => found !== undefined);
      case 'not':
        return this.culprit(node.of);
      case 'test':
      case 'membership':
        return this.recordOf(node.of);
      case 'comparison': {
        const bounded = node.operator === '>' || node.operator === '>=';
        const low = node.left.kind === 'aggregate' && node.left.name === 'min';
        return bounded === low || node.operator === '==' ? this.recordOf(node.left) : undefined;
      }
    }
  }

  private recordOf(node: Operand): RecordReference | undefined {
    if (node.kind === 'aggregate') return this.aggregators.get(node)?.record;
    if (node.kind === 'arithmetic') return this.recordOf(node.left) ?? this.recordOf(node.right);
    return undefined;
  }
}

/** Aggregates ask no record. */
const nobody = {} as AnyRecord;

function countFrom(shared: Compilation, epoch: bigint): void {
  for (const constant of shared.constants) constant.countFrom(epoch);
}

function predicates(tree: Expression, kinds: readonly RecordKind[], shared: Compilation): Predicates {
  return Object.fromEntries(kinds.map((kind) => [kind, compile(tree, kind, shared)]));
}

/** The kinds of record that have the most of the fields an expression names. */
function kindsFor(tree: Expression): RecordKind[] {
  const named = new Set(operands(tree).flatMap(fieldsOf));
  const counts = recordKinds.map((kind) => [...named].filter((field) => field.on[kind] !== undefined).length);
  const most = Math.max(...counts);
  return recordKinds.filter((_, i) => counts[i] === most);
}

function fieldsOf(node: Operand): NonNullable<ReturnType<typeof findField>>[] {
  switch (node.kind) {
    case 'word': {
      const field = findField(node.text);
      return field === undefined ? [] : [field];
    }
    case 'header':
      return fieldsOf(node.field);
    case 'slice':
    case 'negation':
      return fieldsOf(node.of);
    case 'call':
      return node.args.flatMap(fieldsOf);
    case 'arithmetic':
      return [...fieldsOf(node.left), ...fieldsOf(node.right)];
    default:
      return [];
  }
}

/** What is tested, values to compare with left out. */
function operands(node: Expression): Operand[] {
  switch (node.kind) {
    case 'and':
    case 'or':
    case 'xor':
      return node.terms.flatMap(operands);
    case 'not':
      return operands(node.of);
    case 'comparison':
      return [node.left];
    default:
      return [node.of];
  }
}

function hasAggregate(node: Expression): boolean {
  switch (node.kind) {
    case 'and':
    case 'or':
    case 'xor':
      return node.terms.some(hasAggregate);
    case 'not':
      return hasAggregate(node.of);
    case 'comparison':
      return isAggregate(node.left) || isAggregate(node.right);
    default:
      return isAggregate(node.of);
  }
}

function isAggregate(node: Operand): boolean {
  switch (node.kind) {
    case 'aggregate':
      return true;
    case 'arithmetic':
      return isAggregate(node.left) || isAggregate(node.right);
    case 'negation':
      return isAggregate(node.of);
    case 'call':
      return node.args.some(isAggregate);
    default:
      return false;
  }
}
