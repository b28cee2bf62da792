/**
 * Turns a tree into closures, once for each kind of record. Names, types and values are checked on the way, so that a
 * mistake is found whatever records there are. What asks for a field that the kind does not have is false, and folded
 * away: `status >= 400` costs nothing on frames.
 */
import type {
  Aggregate,
  Arithmetic,
  Comparison,
  Expression,
  Membership,
  Operand,
  Quantifier,
  Slice,
  Test,
} from './ast.ts';
import { arithmeticSource, calculate, negatedSource } from './arithmetic.ts';
import { Constant } from './constant.ts';
import { functions, functionNames } from './functions.ts';
import type { RecordKind } from './field.ts';
import { fieldNames, findField } from './fields.ts';
import { FilterError } from './filter-error.ts';
import { integer, decimal } from './literals.ts';
import { nearest } from './nearest.ts';
import type { Pattern } from './pattern.ts';
import * as make from './predicates.ts';
import type { Predicate } from './predicates.ts';
import { slicedSource } from './slices.ts';
import {
  describe,
  fieldSource,
  headerSource,
  numberClass,
  type BytesSource,
  type NumberSource,
  type Source,
} from './source.ts';
import {
  addressValue,
  bytesValue,
  ends,
  isLiteral,
  misfit,
  numberValue,
  patternValue,
  type Literal,
} from './values.ts';

/** What the compilations of one expression share. */
export class Compilation {
  readonly expression: string;
  readonly constants: Constant[] = [];
  /** Some field that is read needs bodies or payloads to be kept. */
  readsBody = false;
  /** In assertions: makes the source of an aggregate. Fields of single records then have no place beside it. */
  readonly aggregate: ((node: Aggregate) => Source) | undefined;
  private readonly patterns = new Map<Operand, Pattern>();

  constructor(expression: string, aggregate?: (node: Aggregate) => Source) {
    this.expression = expression;
    this.aggregate = aggregate;
  }

  pattern(node: Operand): Pattern {
    let pattern = this.patterns.get(node);
    if (pattern === undefined) this.patterns.set(node, (pattern = patternValue(this.expression, node)));
    return pattern;
  }
}

export function compile(node: Expression, kind: RecordKind, shared: Compilation): Predicate {
  return new Compiler(kind, shared).expression(node);
}

/** The values of an operand on one kind of record: what aggregates measure. */
export function compileSource(node: Operand, kind: RecordKind, shared: Compilation): Source {
  return new Compiler(kind, shared).source(node);
}

class Compiler {
  private readonly kind: RecordKind;
  private readonly shared: Compilation;
  private readonly text: string;

  constructor(kind: RecordKind, shared: Compilation) {
    this.kind = kind;
    this.shared = shared;
    this.text = shared.expression;
  }

  expression(node: Expression): Predicate {
    switch (node.kind) {
      case 'and':
        return make.both(node.terms.map((term) => this.expression(term)));
      case 'or':
        return make.either(node.terms.map((term) => this.expression(term)));
      case 'xor':
        return make.odd(node.terms.map((term) => this.expression(term)));
      case 'not':
        return make.negated(this.expression(node.of));
      case 'test':
        return this.test(node);
      case 'comparison':
        return this.comparison(node);
      case 'membership':
        return this.membership(node);
    }
  }

  // --- tests ---------------------------------------------------------------------------------------------------------

  private test({ of }: Test): Predicate {
    const source = this.source(of);
    if (of.kind === 'call') throw this.after(of, 'a comparison: a function is always there');
    if (of.kind === 'aggregate' && source.type !== 'flag') throw this.after(of, 'a comparison');
    if (of.kind !== 'arithmetic' && of.kind !== 'negation') return make.exists(source);
    if (source.shape !== 'number') throw this.after(of, 'a comparison');
    return make.overNumbers(source, (value) => value !== 0, false);
  }

  private comparison(node: Comparison): Predicate {
    const left = this.source(node.left);
    const all = this.all(node.quantifier, node.operator === '!=' || node.operator === '===');
    if (node.operator === 'contains' || node.operator === 'matches') return this.search(node, left, all);
    const relation = make.relationOf(node.operator);
    if (this.isSource(node.right, left)) {
      const right = this.source(node.right);
      if (left.shape === 'number' && right.shape === 'number' && numberClass(left) === numberClass(right)) {
        return make.numbersAgainst(left, right, relation, all);
      }
      if (left.shape === 'bytes' && right.shape === 'bytes') return make.bytesAgainst(left, right, relation, all);
      if (left.shape === 'address' && right.shape === 'address')
        return make.addressesAgainst(left, right, relation, all);
      throw misfit(this.text, node.right, `something that compares with ${describe(left)}`);
    }
    switch (left.shape) {
      case 'number':
        return make.overNumbers(left, make.numberTest(relation, this.number(node.right, left)), all);
      case 'bytes': {
        const exact = relation === '==' || relation === '!=';
        return make.overBytes(left, make.bytesTest(relation, this.bytes(node.right, left, exact)), all);
      }
      case 'address': {
        const literal = addressValue(this.text, this.literal(node.right, left), left);
        return make.overAddresses(left, make.addressTest(relation, literal), all);
      }
    }
  }

  private search(node: Comparison, left: Source, all: boolean): Predicate {
    if (left.shape !== 'bytes') {
      const operators = left.shape === 'number' ? '"==", "<" or "in"' : '"==" or "in"';
      throw misfit(
        this.text,
        node.left,
        `text or bytes before "${node.operator}"; compare ${describe(left)}, by ${operators}`,
      );
    }
    if (left.type === 'protocol') this.shared.readsBody = true;
    if (node.operator === 'matches')
      return make.overBytes(left, make.patternTest(this.shared.pattern(node.right)), all);
    if (!this.isSource(node.right, left)) {
      return make.overBytes(left, make.containsTest(this.bytes(node.right, left, false)), all);
    }
    const right = this.source(node.right);
    if (right.shape !== 'bytes') throw misfit(this.text, node.right, 'text or bytes to look for');
    return make.bytesAgainst(left, right, 'contains', all);
  }

  private membership(node: Membership): Predicate {
    const source = this.source(node.of);
    const all = this.all(node.quantifier, false);
    switch (source.shape) {
      case 'number': {
        const set = node.set.map((interval) => {
          const [low, high] = ends(interval, (value) => this.number(value, source));
          return [low, high ?? low] as const;
        });
        return make.overNumbers(source, make.numberSetTest(set), all);
      }
      case 'bytes': {
        const set = node.set.map((interval) =>
          ends(interval, (value) => this.bytes(value, source, interval.high === undefined)),
        );
        return make.overBytes(source, make.bytesSetTest(set), all);
      }
      case 'address': {
        const set = node.set.map((interval) => ends(interval, (value) => addressValue(this.text, value, source)));
        return make.overAddresses(source, make.addressSetTest(set), all);
      }
    }
  }

  private all(written: Quantifier | undefined, byOperator: boolean): boolean {
    return written === undefined ? byOperator : written === 'all';
  }

  // --- sources -------------------------------------------------------------------------------------------------------

  source(node: Operand): Source {
    if (this.shared.aggregate !== undefined && (node.kind === 'word' || node.kind === 'header')) {
      throw misfit(this.text, node, 'an aggregate such as count(...), beside another only aggregates can stand');
    }
    switch (node.kind) {
      case 'word': {
        const field = findField(node.text);
        if (field === undefined) throw this.unknownField(node.text, node);
        this.shared.readsBody ||= field.readsBody;
        return fieldSource(field, this.kind);
      }
      case 'text':
        throw misfit(this.text, node, 'a field or a function');
      case 'header': {
        const field = findField(node.field.text);
        if (field === undefined) throw this.unknownField(node.field.text, node.field);
        if (field.shape === 'bytes' && field.header !== undefined) return headerSource(field, node.name, this.kind);
        throw misfit(this.text, node, 'a range such as [0:4]: names in brackets are for header["Name"]');
      }
      case 'slice':
        return this.slice(node);
      case 'call':
        return this.call(node);
      case 'arithmetic':
        return this.arithmetic(node);
      case 'negation':
        return negatedSource(this.numberSource(node.of));
      case 'aggregate':
        if (this.shared.aggregate !== undefined) return this.shared.aggregate(node);
        throw misfit(this.text, node, 'a field');
    }
  }

  private slice(node: Slice): BytesSource {
    const source = this.source(node.of);
    if (source.shape === 'number' || source.type === 'protocol') {
      throw misfit(this.text, node, `text, bytes or an address to slice; this is ${describe(source)}`);
    }
    return slicedSource(source, node.ranges);
  }

  private call(node: Extract<Operand, { kind: 'call' }>): Source {
    const definition = functions.get(node.name);
    if (definition === undefined) {
      const close = nearest(node.name, functionNames);
      const found = JSON.stringify(node.name);
      const expected = close === undefined ? `a function: ${functionNames.join(', ')}` : `the function "${close}"`;
      throw new FilterError(this.text, node.start, node.start + node.name.length, found, expected);
    }
    const { least, most, takes } = definition;
    if (node.args.length < least || node.args.length > most) {
      throw misfit(this.text, node, `${least === most ? 'one value' : 'one value or more'} in the parentheses`);
    }
    const sources = node.args.map((arg) => this.source(arg));
    const wrong = sources.findIndex((source) => !definition.accepts(source));
    if (wrong >= 0) throw misfit(this.text, node.args[wrong]!, `${takes} for ${node.name}()`);
    const [first] = sources;
    if (
      sources.some((source) => source.shape === 'number' && numberClass(source) !== numberClass(first as NumberSource))
    ) {
      throw misfit(this.text, node, 'values of one type');
    }
    return definition.make(sources);
  }

  private arithmetic(node: Arithmetic): NumberSource {
    const leftIsSource = hasField(node.left);
    const rightIsSource = hasField(node.right);
    if (!leftIsSource && !rightIsSource) throw misfit(this.text, node, 'a field in the calculation');
    const of = this.numberSource(leftIsSource ? node.left : node.right);
    const other = leftIsSource ? node.right : node.left;
    const second = leftIsSource && rightIsSource ? this.numberSource(other) : this.term(node, other, of);
    const made = arithmeticSource(node.operator, leftIsSource ? of : second, leftIsSource ? second : of);
    if (typeof made === 'string') throw misfit(this.text, node, made);
    return made;
  }

  /** The literal side of a calculation; factors are plain numbers, terms of a sum are of the other side's type. */
  private term(node: Arithmetic, other: Operand, of: NumberSource): Constant {
    const sum = node.operator === '+' || node.operator === '-';
    const constant = sum ? this.number(other, of) : new Constant(this.plainNumber(other));
    if (sum && numberClass(of) === 'time') throw misfit(this.text, node, 'no calculation with times');
    return constant;
  }

  private numberSource(node: Operand): NumberSource {
    const source = this.source(node);
    if (source.shape !== 'number') throw misfit(this.text, node, 'a number to calculate with');
    return source;
  }

  // --- literals ------------------------------------------------------------------------------------------------------

  /**
   * Is this operand, to the right of `left`, a field or made of one? Beside text only names with a dot are: short names
   * are words like any other there, so that `path contains status` means what it says.
   */
  private isSource(node: Operand, left: Source): boolean {
    if (node.kind !== 'word') return hasField(node);
    if (findField(node.text) === undefined) return false;
    if (left.shape === 'number') return !Object.hasOwn(left.field?.choices ?? {}, node.text);
    return left.shape === 'address' || (node.text.includes('.') && left.field?.closed !== true);
  }

  private number(node: Operand, source: NumberSource): Constant {
    const constant = isLiteral(node) ? numberValue(this.text, node, source) : this.calculated(node, source);
    this.shared.constants.push(constant);
    return constant;
  }

  private calculated(node: Operand, source: NumberSource): Constant {
    if (numberClass(source) === 'time') throw misfit(this.text, node, 'no calculation with times');
    if (node.kind === 'negation') return new Constant(-this.number(node.of, source).value);
    if (node.kind !== 'arithmetic') throw misfit(this.text, node, `a value to compare ${source.label} with`);
    const a = this.number(node.left, source).value;
    const scale = node.operator === '*' || node.operator === '/';
    const b = scale ? this.plainNumber(node.right) : this.number(node.right, source).value;
    return new Constant(calculate(node.operator, a, b));
  }

  private plainNumber(node: Operand): number {
    if (node.kind === 'negation') return -this.plainNumber(node.of);
    if (node.kind === 'arithmetic') {
      return calculate(node.operator, this.plainNumber(node.left), this.plainNumber(node.right));
    }
    const value = node.kind === 'word' ? (integer(node.text) ?? decimal(node.text)) : undefined;
    if (value === undefined) throw misfit(this.text, node, 'a number');
    return value;
  }

  private bytes(node: Operand, source: BytesSource, exact: boolean): Uint8Array {
    return bytesValue(this.text, this.literal(node, source), source, exact);
  }

  private literal(node: Operand, source: Source): Literal {
    if (isLiteral(node)) return node;
    throw misfit(this.text, node, `a value to compare ${source.label} with`);
  }

  // --- mistakes ------------------------------------------------------------------------------------------------------

  private unknownField(name: string, at: { start: number; end: number }): FilterError {
    const close = nearest(name, fieldNames());
    return misfit(this.text, at, close === undefined ? 'the name of a field' : `the name of a field such as ${close}`);
  }

  private after(node: Operand, expected: string): FilterError {
    const { start, end } = node;
    return new FilterError(this.text, start, end, `${JSON.stringify(this.text.slice(start, end))} alone`, expected);
  }
}

/** Is there a field or function in it, or is it all literals? On the left of an operator every word is a field. */
function hasField(node: Operand): boolean {
  switch (node.kind) {
    case 'word':
      return findField(node.text) !== undefined;
    case 'text':
      return false;
    case 'arithmetic':
      return hasField(node.left) || hasField(node.right);
    case 'negation':
      return hasField(node.of);
    default:
      return true;
  }
}
