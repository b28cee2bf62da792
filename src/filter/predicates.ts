/**
 * The closures a filter is made of. Each reads values of a source into something reused and asks a test about them; a
 * source without values satisfies nothing.
 */
import type { ComparisonOperator } from './ast.ts';
import type { Constant } from './constant.ts';
import { Endpoint, type AnyRecord } from './field.ts';
import type { AddressLiteral } from './literals.ts';
import type { Pattern } from './pattern.ts';
import type { AddressSource, BytesSource, NumberSource, Source } from './source.ts';
import { compareBytes, Needle, Span } from './span.ts';

export type Predicate = (record: AnyRecord) => boolean;
export type NumberTest = (value: number) => boolean;
export type BytesTest = (span: Span) => boolean;
export type AddressTest = (endpoint: Endpoint) => boolean;

export const never: Predicate = () => false;
export const always: Predicate = () => true;

/** Operators that order or equate; the quantifier is settled elsewhere. */
export type Relation = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** `!==` asks what `!=` asks, of any value; `===` what `==` asks, of all. */
export function relationOf(operator: Exclude<ComparisonOperator, 'contains' | 'matches'>): Relation {
  return operator === '===' ? '==' : operator === '!==' ? '!=' : operator;
}

// --- over the values of a source -------------------------------------------------------------------------------------

export function exists(source: Source): Predicate {
  if (source.read === undefined) return never;
  switch (source.shape) {
    case 'number': {
      const { read } = source;
      if (source.type === 'flag') return (record) => read(record, 0) === 1;
      return (record) => !Number.isNaN(read(record, 0));
    }
    case 'bytes': {
      const { read } = source;
      const span = new Span();
      return (record) => read(record, 0, span);
    }
    case 'address': {
      const { read } = source;
      const endpoint = new Endpoint();
      return (record) => read(record, 0, endpoint);
    }
  }
}

export function overNumbers({ read, many }: NumberSource, test: NumberTest, all: boolean): Predicate {
  if (read === undefined) return never;
  if (!many) {
    return (record) => {
      const value = read(record, 0);
      return value === value && test(value);
    };
  }
  return (record) => {
    for (let i = 0; ; i++) {
      const value = read(record, i);
      if (value !== value) return all && i > 0;
      if (test(value) !== all) return !all;
    }
  };
}

export function overBytes({ read, many }: BytesSource, test: BytesTest, all: boolean): Predicate {
  if (read === undefined) return never;
  const span = new Span();
  if (!many) return (record) => read(record, 0, span) && test(span);
  return (record) => {
    for (let i = 0; ; i++) {
      if (!read(record, i, span)) return all && i > 0;
      if (test(span) !== all) return !all;
    }
  };
}

export function overAddresses({ read, many }: AddressSource, test: AddressTest, all: boolean): Predicate {
  if (read === undefined) return never;
  const endpoint = new Endpoint();
  if (!many) return (record) => read(record, 0, endpoint) && test(endpoint);
  return (record) => {
    for (let i = 0; ; i++) {
      if (!read(record, i, endpoint)) return all && i > 0;
      if (test(endpoint) !== all) return !all;
    }
  };
}

// --- tests against a literal -----------------------------------------------------------------------------------------

export function numberTest(relation: Relation, constant: Constant): NumberTest {
  switch (relation) {
    case '==':
      return (value) => value === constant.value;
    case '!=':
      return (value) => value !== constant.value;
    case '<':
      return (value) => value < constant.value;
    case '<=':
      return (value) => value <= constant.value;
    case '>':
      return (value) => value > constant.value;
    case '>=':
      return (value) => value >= constant.value;
  }
}

export function numberSetTest(set: readonly (readonly [low: Constant, high: Constant])[]): NumberTest {
  return (value) => {
    for (let i = 0; i < set.length; i++) if (value >= set[i]![0].value && value <= set[i]![1].value) return true;
    return false;
  };
}

/** Does an order (negative, 0, positive) satisfy the relation? */
export function satisfies(order: number, relation: Relation): boolean {
  switch (relation) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

export function bytesTest(relation: Relation, literal: Uint8Array): BytesTest {
  if (relation === '==') return (span) => equals(span, literal);
  if (relation === '!=') return (span) => !equals(span, literal);
  return (span) => satisfies(order(span, literal), relation);
}

function equals(span: Span, literal: Uint8Array): boolean {
  const { data, start, end } = span;
  if (end - start !== literal.length) return false;
  for (let i = 0; i < literal.length; i++) if (data[start + i] !== literal[i]) return false;
  return true;
}

function order(span: Span, literal: Uint8Array): number {
  return compareBytes(span.data, span.start, span.end, literal, 0, literal.length);
}

export function bytesSetTest(set: readonly (readonly [low: Uint8Array, high: Uint8Array | undefined])[]): BytesTest {
  return (span) => {
    for (let i = 0; i < set.length; i++) {
      const [low, high] = set[i]!;
      if (high === undefined ? equals(span, low) : order(span, low) >= 0 && order(span, high) <= 0) return true;
    }
    return false;
  };
}

export function containsTest(literal: Uint8Array): BytesTest {
  const needle = new Needle(literal);
  return (span) => needle.isIn(span.data, span.start, span.end);
}

export function patternTest(pattern: Pattern): BytesTest {
  return (span) => pattern.test(span.data, span.start, span.end);
}

/** Networks are compared by their prefix; a port only where the literal has one. */
export function addressTest(relation: Relation, literal: AddressLiteral): AddressTest {
  if (relation === '==') return (endpoint) => isAt(endpoint, literal);
  if (relation === '!=') return (endpoint) => !isAt(endpoint, literal);
  return (endpoint) => endpoint.version === literal.version && satisfies(addressOrder(endpoint, literal), relation);
}

function isAt(endpoint: Endpoint, literal: AddressLiteral): boolean {
  if (endpoint.version !== literal.version || (literal.port >= 0 && endpoint.port !== literal.port)) return false;
  return addressOrder(endpoint, literal) === 0;
}

function addressOrder({ words, at }: Endpoint, { words: other, prefix }: AddressLiteral): number {
  for (let i = 0; i * 32 < prefix; i++) {
    const bits = Math.min(32, prefix - i * 32);
    const shift = 32 - bits;
    const difference = (words[at + i]! >>> shift) - (other[i]! >>> shift);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function addressSetTest(
  set: readonly (readonly [low: AddressLiteral, high: AddressLiteral | undefined])[],
): AddressTest {
  const tests = set.map(([low, high]): AddressTest => {
    if (high === undefined) return addressTest('==', low);
    const from = addressTest('>=', low);
    const to = addressTest('<=', high);
    return (endpoint) => from(endpoint) && to(endpoint);
  });
  return (endpoint) => tests.some((test) => test(endpoint));
}

// --- one source against another --------------------------------------------------------------------------------------

/** Every pair of values is asked until the answer is known; `all` holds only where both sides have values. */
function overPairs(
  all: boolean,
  left: (i: number) => boolean,
  right: (i: number) => boolean,
  test: () => boolean,
): boolean {
  let seen = false;
  for (let i = 0; left(i); i++) {
    for (let j = 0; right(j); j++) {
      if (test() !== all) return !all;
      seen = true;
    }
  }
  return all && seen;
}

export function numbersAgainst(left: NumberSource, right: NumberSource, relation: Relation, all: boolean): Predicate {
  const { read: readLeft } = left;
  const { read: readRight } = right;
  if (readLeft === undefined || readRight === undefined) return never;
  return (record) => {
    let a = NaN;
    let b = NaN;
    return overPairs(
      all,
      (i) => (i === 0 || left.many) && !Number.isNaN((a = readLeft(record, i))),
      (j) => (j === 0 || right.many) && !Number.isNaN((b = readRight(record, j))),
      () => satisfies(a - b, relation),
    );
  };
}

export function bytesAgainst(
  left: BytesSource,
  right: BytesSource,
  relation: Relation | 'contains',
  all: boolean,
): Predicate {
  const { read: readLeft } = left;
  const { read: readRight } = right;
  if (readLeft === undefined || readRight === undefined) return never;
  const a = new Span();
  const b = new Span();
  const test =
    relation === 'contains'
      ? () => new Needle(b.data.slice(b.start, b.end)).isIn(a.data, a.start, a.end)
      : () => satisfies(compareBytes(a.data, a.start, a.end, b.data, b.start, b.end), relation);
  return (record) =>
    overPairs(
      all,
      (i) => (i === 0 || left.many) && readLeft(record, i, a),
      (j) => (j === 0 || right.many) && readRight(record, j, b),
      test,
    );
}

export function addressesAgainst(
  left: AddressSource,
  right: AddressSource,
  relation: Relation,
  all: boolean,
): Predicate {
  const { read: readLeft } = left;
  const { read: readRight } = right;
  if (readLeft === undefined || readRight === undefined) return never;
  const a = new Endpoint();
  const b = new Endpoint();
  return (record) =>
    overPairs(
      all,
      (i) => (i === 0 || left.many) && readLeft(record, i, a),
      (j) => (j === 0 || right.many) && readRight(record, j, b),
      () => satisfies(endpointOrder(a, b), relation),
    );
}

function endpointOrder(a: Endpoint, b: Endpoint): number {
  if (a.version !== b.version) return a.version - b.version;
  for (let i = 0; i < (a.version === 4 ? 1 : 4); i++) {
    const difference = (a.words[a.at + i]! >>> 0) - (b.words[b.at + i]! >>> 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

// --- joined ----------------------------------------------------------------------------------------------------------

export function both(terms: readonly Predicate[]): Predicate {
  const [first, second] = terms;
  if (terms.some((term) => term === never)) return never;
  if (terms.length === 2) return (record) => first!(record) && second!(record);
  return (record) => {
    for (let i = 0; i < terms.length; i++) if (!terms[i]!(record)) return false;
    return true;
  };
}

export function either(all: readonly Predicate[]): Predicate {
  const terms = all.filter((term) => term !== never);
  const [first, second] = terms;
  if (terms.length === 0) return never;
  if (terms.length === 1) return first!;
  if (terms.length === 2) return (record) => first!(record) || second!(record);
  return (record) => {
    for (let i = 0; i < terms.length; i++) if (terms[i]!(record)) return true;
    return false;
  };
}

/** An odd number of them holds. */
export function odd(terms: readonly Predicate[]): Predicate {
  return (record) => {
    let holds = false;
    for (let i = 0; i < terms.length; i++) if (terms[i]!(record)) holds = !holds;
    return holds;
  };
}

export function negated(term: Predicate): Predicate {
  if (term === never) return always;
  if (term === always) return never;
  return (record) => !term(record);
}
