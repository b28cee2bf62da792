/**
 * Tokens to a tree. The grammar is that of Wireshark's display filters, lowest precedence first:
 *
 *   or       = xor { ("or" | "||") xor }
 *   xor      = and { ("xor" | "^^") and }
 *   and      = not { ("and" | "&&") not }
 *   not      = ("not" | "!") not | "(" or ")" | test
 *   test     = ["any" | "all"] sum [ relation sum | ["not"] "in" "{" interval { "," interval } "}" ]
 *   interval = value [ ".." value ]
 *   sum      = product { ("+" | "-") product }
 *   product  = bits { ("*" | "/" | "%") bits }
 *   bits     = operand { ("&" | "bitwise_and") operand }
 *   operand  = "-" operand | "{" sum "}" | value | function "(" sum { "," sum } ")" | operand "[" ranges "]"
 *   value    = word | text
 *
 * In assertions an operand may also be an aggregate: `count(or)`, `max(sum, or)`. What names mean is not looked at here.
 */
import type {
  Aggregate,
  ArithmeticOperator,
  ByteRange,
  ComparisonOperator,
  Expression,
  Interval,
  Junction,
  Operand,
  Quantifier,
  Text,
  Word,
} from './ast.ts';
import { FilterError } from './filter-error.ts';
import { operatorWords, tokenize, type Token } from './lexer.ts';
import { readString } from './string-literal.ts';

export interface ParserOptions {
  /** Names that are aggregates when `(` follows; `counts`: their argument is an expression, not a value. */
  readonly aggregates?: (name: string) => { readonly counts: boolean } | undefined;
}

/** The tree of an expression; throws `FilterError`. */
export function parse(text: string, options: ParserOptions = {}): Expression {
  return new Parser(text, options).whole();
}

const maxDepth = 100;

export const relations: Readonly<Record<string, ComparisonOperator>> = {
  '==': '==', eq: '==', any_eq: '==', '!=': '!=', ne: '!=', all_ne: '!=', '===': '===', all_eq: '===',
  '!==': '!==', '~=': '!==', any_ne: '!==', '<': '<', lt: '<', '<=': '<=', le: '<=', '>': '>', gt: '>',
  '>=': '>=', ge: '>=', contains: 'contains', matches: 'matches', '~': 'matches',
}; // prettier-ignore

const junctionWords: Readonly<Record<string, Junction['kind']>> = {
  or: 'or', '||': 'or', xor: 'xor', '^^': 'xor', and: 'and', '&&': 'and',
}; // prettier-ignore

const sums: Readonly<Record<string, ArithmeticOperator>> = { '+': '+', '-': '-' };
const products: Readonly<Record<string, ArithmeticOperator>> = { '*': '*', '/': '/', '%': '%' };
const bits: Readonly<Record<string, ArithmeticOperator>> = { '&': '&', bitwise_and: '&' };

class Parser {
  private readonly text: string;
  private readonly tokens: readonly Token[];
  private readonly options: ParserOptions;
  private index = 0;
  private depth = 0;
  private inAggregate = false;

  constructor(text: string, options: ParserOptions) {
    this.text = text;
    this.options = options;
    this.tokens = tokenize(text);
  }

  whole(): Expression {
    const expression = this.or();
    if (this.token.kind !== 'end') {
      throw this.wrong(isOperand(expression) ? 'an operator, or "and", "or"' : '"and", "or", or the end');
    }
    return expression;
  }

  // --- tests and how they are joined ---------------------------------------------------------------------------------

  private or(): Expression {
    return this.junction('or', () => this.junction('xor', () => this.junction('and', () => this.not())));
  }

  private junction(kind: Junction['kind'], term: () => Expression): Expression {
    const first = term();
    if (!this.joins(kind)) return first;
    const terms = [first];
    while (this.joins(kind)) {
      this.index++;
      terms.push(term());
    }
    return { kind, terms, start: first.start, end: terms.at(-1)!.end };
  }

  private joins(kind: Junction['kind']): boolean {
    const { kind: token, text } = this.token;
    return (token === 'word' || token === 'symbol') && own(junctionWords, text) === kind;
  }

  private not(): Expression {
    const start = this.token.start;
    if (this.accept('not', '!')) {
      const of = this.nested(() => this.not());
      return { kind: 'not', of, start, end: of.end };
    }
    if (!this.accept('(')) return this.test();
    const inner = this.nested(() => this.or());
    const end = this.token.end;
    this.expect(')', isOperand(inner) ? 'an operator or ")"' : '"and", "or" or ")"');
    return { ...inner, start, end };
  }

  private test(): Expression {
    const start = this.token.start;
    const quantifier = this.quantifier();
    const left = this.sum();
    const operator = this.relation();
    if (operator !== undefined) {
      this.index++;
      const right = this.sum();
      return { kind: 'comparison', quantifier, operator, left, right, start, end: right.end };
    }
    if (this.is('in') || (this.is('not') && this.tokens[this.index + 1]!.text === 'in')) {
      return this.membership(quantifier, left, start);
    }
    if (quantifier !== undefined) throw this.wrong('a comparison');
    return { kind: 'test', of: left, start, end: left.end };
  }

  private quantifier(): Quantifier | undefined {
    if (!this.is('any') && !this.is('all')) return undefined;
    if (this.aggregate(this.token) !== undefined && this.tokens[this.index + 1]!.text === '(') return undefined;
    return this.tokens[this.index++]!.text as Quantifier;
  }

  private relation(): ComparisonOperator | undefined {
    const { kind, text } = this.token;
    return kind === 'word' || kind === 'symbol' ? own(relations, text) : undefined;
  }

  private membership(quantifier: Quantifier | undefined, of: Operand, start: number): Expression {
    const negated = this.accept('not');
    this.expect('in', '"in"');
    this.expect('{', 'a set such as {200, 400..499}');
    const set = [this.interval()];
    while (this.accept(',')) set.push(this.interval());
    const end = this.token.end;
    this.expect('}', '"," or "}"');
    const membership: Expression = { kind: 'membership', quantifier, of, set, start, end };
    return negated ? { kind: 'not', of: membership, start, end } : membership;
  }

  private interval(): Interval {
    const low = this.value('a value');
    return { low, high: this.accept('..') ? this.value('the upper end of the range') : undefined };
  }

  // --- values --------------------------------------------------------------------------------------------------------

  private sum(): Operand {
    return this.arithmetic(sums, () => this.arithmetic(products, () => this.arithmetic(bits, () => this.operand())));
  }

  private arithmetic(operators: Readonly<Record<string, ArithmeticOperator>>, operand: () => Operand): Operand {
    let left = operand();
    for (let length = 0; ; length++) {
      const { kind, text } = this.token;
      const operator = kind === 'word' || kind === 'symbol' ? own(operators, text) : undefined;
      if (operator === undefined) return left;
      if (length === maxDepth) throw this.wrong('fewer terms');
      this.index++;
      const right = operand();
      left = { kind: 'arithmetic', operator, left, right, start: left.start, end: right.end };
    }
  }

  private operand(): Operand {
    const start = this.token.start;
    if (this.accept('-')) {
      const of = this.nested(() => this.operand());
      return { kind: 'negation', of, start, end: of.end };
    }
    if (this.accept('{')) {
      const inner = this.nested(() => this.sum());
      this.expect('}', 'an operator or "}"');
      return inner;
    }
    let operand: Operand = this.tokens[this.index + 1]?.text === '(' ? this.call() : this.value(this.operandNames());
    for (let depth = 0; this.token.kind === 'bracket'; depth++) {
      if (depth === maxDepth) throw this.wrong('fewer slices');
      operand = this.bracket(operand, this.tokens[this.index++]!);
    }
    return operand;
  }

  private operandNames(): string {
    return this.index === 0 || this.relationBefore() === undefined ? 'a field, a function, "not" or "("' : 'a value';
  }

  private relationBefore(): ComparisonOperator | undefined {
    const { kind, text } = this.tokens[this.index - 1]!;
    return kind === 'word' || kind === 'symbol' ? own(relations, text) : undefined;
  }

  private value(expected: string): Word | Text {
    const token = this.token;
    if (token.kind === 'string') {
      this.index++;
      const { start, end, text, value, bytes, badEscape } = token;
      return { kind: 'text', start, end, text, value, bytes, badEscape };
    }
    const mayStand = token.kind === 'word' && (!operatorWords.has(token.text) || this.aggregate(token) !== undefined);
    if (!mayStand) throw this.wrong(expected);
    this.index++;
    return { kind: 'word', start: token.start, end: token.end, text: token.text };
  }

  private call(): Operand {
    const aggregate = this.aggregate(this.token);
    const name = this.value(this.operandNames());
    if (name.kind === 'text') throw this.wrong('an operator');
    this.index++;
    if (aggregate !== undefined) return this.nested(() => this.aggregateCall(name, aggregate.counts));
    const args = this.is(')') ? [] : [this.nested(() => this.sum())];
    while (this.accept(',')) args.push(this.nested(() => this.sum()));
    const end = this.token.end;
    this.expect(')', '"," or ")"');
    return { kind: 'call', name: name.text, args, start: name.start, end };
  }

  private aggregate(token: Token): { readonly counts: boolean } | undefined {
    return this.inAggregate || token.kind !== 'word' ? undefined : this.options.aggregates?.(token.text);
  }

  private aggregateCall(name: Word, counts: boolean): Aggregate {
    this.inAggregate = true;
    const of = counts ? undefined : this.sum();
    const test = counts ? this.or() : undefined;
    const where = this.accept(',') ? this.or() : undefined;
    this.inAggregate = false;
    const end = this.token.end;
    this.expect(')', where === undefined ? 'an operator, "," or ")"' : '"and", "or" or ")"');
    return { kind: 'aggregate', name: name.text, of, test, where, start: name.start, end };
  }

  // --- slices --------------------------------------------------------------------------------------------------------

  private bracket(of: Operand, token: Token): Operand {
    const content = token.text.trim();
    if (content.startsWith('"')) return this.header(of, token);
    const ranges: ByteRange[] = [];
    let at = token.start + 1;
    for (const part of token.text.split(',')) {
      ranges.push(this.range(part, at));
      at += part.length + 1;
    }
    return { kind: 'slice', of, ranges, start: of.start, end: token.end };
  }

  private header(of: Operand, token: Token): Operand {
    const quote = this.text.indexOf('"', token.start);
    const { value, end } = readString(this.text, quote, quote);
    const rest = this.text.slice(end, token.end - 1);
    if (rest.trim() !== '') throw new FilterError(this.text, end, token.end - 1, show(rest.trim()), '"]"');
    if (of.kind !== 'word') {
      throw new FilterError(this.text, token.start, token.end, 'a field name in brackets', 'a range such as [0:4]');
    }
    return { kind: 'header', field: of, name: value, start: of.start, end: token.end };
  }

  /** `[at]`, `[from:length]`, `[from-last]`, `[:length]`, `[from:]`; negative positions count from the end. */
  private range(part: string, at: number): ByteRange {
    const form = /^\s*(-?\d{1,9})?\s*(?:(:)\s*(\d{1,9})?|(-)\s*(-?\d{1,9}))?\s*$/.exec(part);
    const [, first, colon, length, dash, last] = form ?? [];
    if (form === null || (first === undefined && (colon === undefined || length === undefined))) {
      throw this.badRange(part, at, 'a position, "from:length", "from-last", ":length" or "from:"');
    }
    const from = Number(first ?? 0);
    if (dash !== undefined) return this.upTo(part, at, from, Number(last));
    if (colon === undefined) return { from, to: from === -1 ? undefined : from + 1 };
    if (length === undefined) return { from, to: undefined };
    if (Number(length) === 0) throw this.badRange(part, at, 'a length of at least 1');
    return from < 0 && from + Number(length) >= 0
      ? this.toEnd(part, at, from, Number(length))
      : { from, to: from + Number(length) };
  }

  private toEnd(part: string, at: number, from: number, length: number): ByteRange {
    if (from + length > 0) throw this.badRange(part, at, `at most ${-from} bytes from there to the end`);
    return { from, to: undefined };
  }

  private upTo(part: string, at: number, from: number, last: number): ByteRange {
    if (from < 0 === last < 0 && last < from) throw this.badRange(part, at, 'a range that ends after it begins');
    return { from, to: last === -1 ? undefined : last + 1 };
  }

  private badRange(part: string, at: number, expected: string): FilterError {
    return new FilterError(this.text, at, at + part.length, show(part.trim() || ']'), expected);
  }

  // --- tokens --------------------------------------------------------------------------------------------------------

  private get token(): Token {
    return this.tokens[this.index]!;
  }

  private is(text: string): boolean {
    const token = this.token;
    return token.text === text && (token.kind === 'word' || token.kind === 'symbol');
  }

  private accept(first: string, second = first): boolean {
    if (!this.is(first) && !this.is(second)) return false;
    this.index++;
    return true;
  }

  private expect(text: string, expected: string): void {
    if (!this.accept(text)) throw this.wrong(expected);
  }

  private nested<T>(part: () => T): T {
    if (++this.depth > maxDepth) throw this.wrong(`at most ${maxDepth} levels of parentheses`);
    const result = part();
    this.depth--;
    return result;
  }

  private wrong(expected: string): FilterError {
    const { kind, start, end, text } = this.token;
    return new FilterError(this.text, start, end, kind === 'end' ? 'the end' : show(text), expected);
  }
}

/** A test of a bare field: what may follow is an operator as well. */
function isOperand(expression: Expression): boolean {
  return expression.kind === 'test';
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function show(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
