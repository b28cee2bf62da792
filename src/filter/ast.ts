/**
 * What an expression says, as a tree. Words are not resolved: `text` may be a field on the left of `==` and a value on
 * its right. Positions are UTF-16 positions in the expression's text.
 */
interface Node {
  readonly start: number;
  readonly end: number;
}

export type Expression = Junction | Not | Test | Comparison | Membership;

/** `and`, `or`, `xor` of two or more. */
export interface Junction extends Node {
  readonly kind: 'and' | 'or' | 'xor';
  readonly terms: readonly Expression[];
}

export interface Not extends Node {
  readonly kind: 'not';
  readonly of: Expression;
}

/** A field that stands alone (is it there?), or arithmetic that does (is it other than 0?). */
export interface Test extends Node {
  readonly kind: 'test';
  readonly of: Operand;
}

/** Which values of a field with several must satisfy a comparison. */
export type Quantifier = 'any' | 'all';

export interface Comparison extends Node {
  readonly kind: 'comparison';
  /** As written before the left side; the operator's own where undefined. */
  readonly quantifier: Quantifier | undefined;
  readonly operator: ComparisonOperator;
  readonly left: Operand;
  readonly right: Operand;
}

export interface Membership extends Node {
  readonly kind: 'membership';
  readonly quantifier: Quantifier | undefined;
  readonly of: Operand;
  readonly set: readonly Interval[];
}

/** One element of a set: `low..high`, or a single value where `high` is undefined. */
export interface Interval {
  readonly low: Operand;
  readonly high: Operand | undefined;
}

/** `any_ne` is `!==`, `all_eq` is `===`; `==` holds for any value, `!=` for all. */
export type ComparisonOperator = '==' | '!=' | '===' | '!==' | '<' | '<=' | '>' | '>=' | 'contains' | 'matches';

export type Operand = Word | Text | Header | Slice | Call | Arithmetic | Negation | Aggregate;

/** A field's name, or a value without quotes. */
export interface Word extends Node {
  readonly kind: 'word';
  readonly text: string;
}

/** A value in quotes. */
export interface Text extends Node {
  readonly kind: 'text';
  readonly text: string;
  readonly value: string;
  readonly bytes: Uint8Array;
  readonly badEscape: number;
}

/** `header["X-Request-Id"]`. */
export interface Header extends Node {
  readonly kind: 'header';
  readonly field: Word;
  readonly name: string;
}

export interface Slice extends Node {
  readonly kind: 'slice';
  readonly of: Operand;
  readonly ranges: readonly ByteRange[];
}

/** From `from` (negative: from the end) up to, not including, `to` (undefined: to the end; negative: from the end). */
export interface ByteRange {
  readonly from: number;
  readonly to: number | undefined;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Operand[];
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&';

export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Operand;
  readonly right: Operand;
}

export interface Negation extends Node {
  readonly kind: 'negation';
  readonly of: Operand;
}

/** In assertions: a number made of all records, such as `count(status >= 500)` or `p95(duration, method == "GET")`. */
export interface Aggregate extends Node {
  readonly kind: 'aggregate';
  readonly name: string;
  /** What is measured; undefined for those that count records. */
  readonly of: Operand | undefined;
  /** Of those that count: what a record must satisfy. */
  readonly test: Expression | undefined;
  /** Which records are looked at; undefined: all that have the value. */
  readonly where: Expression | undefined;
}

/** The expression in its plainest spelling: parsed again it gives the same tree. */
export function expressionText(node: Expression | Operand): string {
  switch (node.kind) {
    case 'and':
    case 'or':
    case 'xor':
      return node.terms.map(grouped).join(` ${node.kind} `);
    case 'not':
      return `not ${grouped(node.of)}`;
    case 'test':
      return expressionText(node.of);
    case 'comparison':
      return `${quantified(node)}${expressionText(node.left)} ${node.operator} ${expressionText(node.right)}`;
    case 'membership':
      return `${quantified(node)}${expressionText(node.of)} in {${node.set.map(intervalText).join(', ')}}`;
    default:
      return operandText(node);
  }
}

function operandText(node: Operand): string {
  switch (node.kind) {
    case 'word':
    case 'text':
      return node.text;
    case 'header':
      return `${node.field.text}[${quoted(node.name)}]`;
    case 'slice':
      return `${expressionText(node.of)}[${node.ranges.map(rangeText).join(',')}]`;
    case 'call':
      return `${node.name}(${node.args.map(expressionText).join(', ')})`;
    case 'arithmetic':
      return `{${expressionText(node.left)} ${node.operator} ${expressionText(node.right)}}`;
    case 'negation':
      return `-${expressionText(node.of)}`;
    case 'aggregate': {
      const args = [node.of ?? node.test, node.where].filter((part) => part !== undefined);
      return `${node.name}(${args.map(expressionText).join(', ')})`;
    }
  }
}

function grouped(node: Expression): string {
  const simple = node.kind === 'test' || node.kind === 'comparison' || node.kind === 'membership';
  return simple ? expressionText(node) : `(${expressionText(node)})`;
}

function quantified(node: Comparison | Membership): string {
  return node.quantifier === undefined ? '' : `${node.quantifier} `;
}

function intervalText({ low, high }: Interval): string {
  return high === undefined ? expressionText(low) : `${expressionText(low)} .. ${expressionText(high)}`;
}

/** Without `to` the colon form, else `from-last` where both count from the same end, else `from:length`. */
function rangeText({ from, to }: ByteRange): string {
  if (to === undefined) return `${from}:`;
  if (from < 0 !== to < 0) return `${from}-${to - 1}`;
  return to === from + 1 ? String(from) : `${from}:${to - from}`;
}

/** Text in the quotes of the language. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[\x00-\x1f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`; // oxlint-disable-line no-control-regex
}
