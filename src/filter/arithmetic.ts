/** Numbers made of numbers: `{size + reqsize} > 10k`, `frames & 1`. */
import type { ArithmeticOperator } from './ast.ts';
import { Constant } from './constant.ts';
import type { AnyRecord, NumberReader } from './field.ts';
import { numberClass, type NumberSource } from './source.ts';

/** NaN, which no comparison holds for, where it is divided by 0. */
export function calculate(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? NaN : a / b;
    case '%':
      return a % b;
    case '&':
      return a >= 0 && b >= 0 && a <= 0xffff_ffff && b <= 0xffff_ffff ? (a & b) >>> 0 : bitwiseAnd(a, b);
  }
}

function bitwiseAnd(a: number, b: number): number {
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? Number(BigInt(a) & BigInt(b)) : NaN;
}

/** The result of an operator on two sources, or on one and a constant; in words what is wrong with them. */
export function arithmeticSource(
  operator: ArithmeticOperator,
  left: NumberSource | Constant,
  right: NumberSource | Constant,
): NumberSource | string {
  const type = resultType(operator, left, right);
  if (type === undefined) return 'numbers that can be calculated with one another';
  const many = isMany(left) || isMany(right);
  if (isMany(left) && isMany(right)) return 'one value at most on one of the sides';
  return { shape: 'number', type, field: undefined, many, label: 'the result', read: reader(operator, left, right) };
}

export function negatedSource(source: NumberSource): NumberSource {
  const { read } = source;
  const negated: NumberReader<AnyRecord> | undefined = read && ((record, index) => -read(record, index));
  return { ...source, type: plain(source), field: undefined, read: negated };
}

function isMany(side: NumberSource | Constant): boolean {
  return !(side instanceof Constant) && side.many;
}

function plain(source: NumberSource): NumberSource['type'] {
  return numberClass(source) === 'number' ? (source.type === 'size' ? 'size' : 'number') : source.type;
}

function resultType(
  operator: ArithmeticOperator,
  left: NumberSource | Constant,
  right: NumberSource | Constant,
): NumberSource['type'] | undefined {
  const a = left instanceof Constant ? undefined : left;
  const b = right instanceof Constant ? undefined : right;
  const classes = [a, b].map((side) => (side === undefined ? undefined : numberClass(side)));
  if (classes.includes('time')) return undefined;
  if (operator === '+' || operator === '-' || operator === '%') {
    if (a !== undefined && b !== undefined && classes[0] !== classes[1]) return undefined;
    return plain((a ?? b)!);
  }
  if (operator === '/' && classes[0] === 'duration' && classes[1] === 'duration') return 'number';
  if (operator === '/' && classes[1] === 'duration') return undefined;
  if (operator === '*' && classes[0] === 'duration' && classes[1] === 'duration') return undefined;
  if (operator === '&' && classes.includes('duration')) return undefined;
  return classes.includes('duration') ? 'duration' : 'number';
}

function reader(
  operator: ArithmeticOperator,
  left: NumberSource | Constant,
  right: NumberSource | Constant,
): NumberReader<AnyRecord> | undefined {
  const a = sideReader(left);
  const b = sideReader(right);
  if (a === undefined || b === undefined) return undefined;
  return (record, index) => calculate(operator, a(record, index), b(record, index));
}

/** Constants and single values are the same for every value of the other side. */
function sideReader(side: NumberSource | Constant): NumberReader<AnyRecord> | undefined {
  if (side instanceof Constant) return () => side.value;
  const { read, many } = side;
  return many ? read : read && ((record) => read(record, 0));
}
