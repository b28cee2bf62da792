/**
 * Runs a pattern over captured bytes in time linear in them, whatever the pattern and the bytes are: the pattern becomes
 * a small program (Thompson), sets of its positions become states of an automaton, built as the bytes ask for them.
 *
 * Assertions (`^`, `\b`) look at the byte before and the byte behind: a state keeps what stood before, and positions are
 * followed through assertions only when the next symbol is known. Symbols are the 256 bytes, the end, and a newline that
 * is the last byte (`$` matches before it).
 */
import { PatternError, parsePattern, type Assertion, type PatternNode } from './pattern-syntax.ts';

type Instruction =
  | { readonly op: 'byte'; readonly member: Uint8Array }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'assert'; readonly what: Assertion }
  | { readonly op: 'match' };

/** Instructions; larger patterns are refused. */
const maxProgram = 5000;
/** States kept; when there are more, all are dropped and built again. */
const maxStates = 500;

const symbols = 258;
const end = 256;
const finalNewline = 257;
const newline = 0x0a;

/** In the table of transitions, besides states. */
const unknown = -1;
const matched = -2;

const Before = { start: 0, newline: 1, word: 2, other: 3 } as const;
type Before = (typeof Before)[keyof typeof Before];

interface State {
  /** Positions before assertions are followed, ascending. */
  readonly positions: Uint16Array;
  readonly before: Before;
}

export class Pattern {
  private readonly program: Instruction[] = [];
  private states: State[] = [];
  private byKey = new Map<string, number>();
  /** The next state, `matched` or `unknown`, by state * symbols + symbol. */
  private transitions: Int32Array = new Int32Array(0);
  /** Positions reached in this step: those whose mark is the step's number. */
  private readonly marks: Uint32Array;
  private stepNumber = 0;
  private readonly stack: number[] = [];

  /** Throws `PatternError`. */
  constructor(bytes: Uint8Array) {
    this.emit(parsePattern(bytes));
    this.add({ op: 'match' });
    this.marks = new Uint32Array(this.program.length);
    this.clear();
  }

  /** Does the pattern match somewhere in the range? */
  test(data: Uint8Array, from: number, to: number): boolean {
    let state = 0;
    for (let i = from; i <= to; i++) {
      let symbol = i < to ? data[i]! : end;
      if (symbol === newline && i === to - 1) symbol = finalNewline;
      let next = this.transitions[state * symbols + symbol]!;
      if (next === unknown) next = this.step(state, symbol);
      if (next === matched) return true;
      state = next;
    }
    return false;
  }

  // --- the program ---------------------------------------------------------------------------------------------------

  private add(instruction: Instruction): number {
    if (this.program.length === maxProgram) throw new PatternError(0, 'a smaller pattern');
    return this.program.push(instruction) - 1;
  }

  private emit(node: PatternNode): void {
    switch (node.kind) {
      case 'bytes':
        this.add({ op: 'byte', member: node.set.member });
        break;
      case 'assertion':
        this.add({ op: 'assert', what: node.what });
        break;
      case 'sequence':
        for (const part of node.parts) this.emit(part);
        break;
      case 'choice':
        this.choice(node.parts);
        break;
      case 'repeat':
        this.repeat(node.of, node.least, node.most);
    }
  }

  private choice(parts: readonly PatternNode[]): void {
    const jumps: number[] = [];
    for (const [i, part] of parts.entries()) {
      const last = i === parts.length - 1;
      const split = last ? -1 : this.split();
      this.emit(part);
      if (last) break;
      jumps.push(this.split());
      this.aim(split, split + 1, this.program.length);
    }
    for (const jump of jumps) this.aim(jump, this.program.length, this.program.length);
  }

  private repeat(of: PatternNode, least: number, most: number): void {
    for (let i = 0; i < least; i++) {
      const before = this.program.length;
      this.emit(of);
      if (this.program.length === before) return;
    }
    if (most === Infinity) {
      const split = this.split();
      this.emit(of);
      this.aim(this.split(), split, split);
      this.aim(split, split + 1, this.program.length);
      return;
    }
    const splits: number[] = [];
    for (let i = least; i < most; i++) {
      splits.push(this.split());
      this.emit(of);
    }
    for (const split of splits) this.aim(split, split + 1, this.program.length);
  }

  private split(): number {
    return this.add({ op: 'split', first: 0, second: 0 });
  }

  private aim(at: number, first: number, second: number): void {
    const instruction = this.program[at]!;
    if (instruction.op === 'split') {
      instruction.first = first;
      instruction.second = second;
    }
  }

  // --- states --------------------------------------------------------------------------------------------------------

  private step(index: number, symbol: number): number {
    if (this.states.length > maxStates) {
      const { positions, before } = this.states[index]!;
      this.clear();
      index = this.state(positions, before);
    }
    const next = this.follow(this.states[index]!, symbol);
    this.transitions[index * symbols + symbol] = next;
    return next;
  }

  private follow(state: State, symbol: number): number {
    const byte = symbol === finalNewline ? newline : symbol;
    const next: number[] = [0];
    this.stepNumber++;
    for (const position of state.positions) {
      if (this.reach(position, state.before, symbol, byte, next)) return matched;
    }
    if (symbol === end) return 0;
    return this.state(Uint16Array.from(new Set(next)).sort(), beforeOf(byte));
  }

  /** Follows splits and assertions from a position; collects where its byte instructions lead. True where it matches. */
  private reach(from: number, before: Before, symbol: number, byte: number, next: number[]): boolean {
    const { stack, program, marks, stepNumber } = this;
    stack.length = 0;
    stack.push(from);
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (marks[at] === stepNumber) continue;
      marks[at] = stepNumber;
      const instruction = program[at]!;
      if (instruction.op === 'match') return true;
      if (instruction.op === 'split') stack.push(instruction.second, instruction.first);
      else if (instruction.op === 'assert') {
        if (holds(instruction.what, before, symbol)) stack.push(at + 1);
      } else if (instruction.member[byte] === 1) next.push(at + 1);
    }
    return false;
  }

  private clear(): void {
    this.states = [];
    this.byKey.clear();
    this.transitions = new Int32Array(8 * symbols).fill(unknown);
    this.state(Uint16Array.of(0), Before.start);
  }

  private state(positions: Uint16Array, before: Before): number {
    const key = String.fromCharCode(before, ...positions);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const index = this.states.push({ positions, before }) - 1;
    this.byKey.set(key, index);
    if ((index + 1) * symbols > this.transitions.length) {
      const larger = new Int32Array(this.transitions.length * 2).fill(unknown);
      larger.set(this.transitions);
      this.transitions = larger;
    }
    return index;
  }
}

function beforeOf(byte: number): Before {
  if (byte === newline) return Before.newline;
  return isWord(byte) ? Before.word : Before.other;
}

function isWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f
  );
}

function holds(what: Assertion, before: Before, symbol: number): boolean {
  switch (what) {
    case 'start':
      return before === Before.start;
    case 'lineStart':
      return before === Before.start || before === Before.newline;
    case 'end':
      return symbol === end;
    case 'finalEnd':
      return symbol === end || symbol === finalNewline;
    case 'lineEnd':
      return symbol === end || symbol === newline || symbol === finalNewline;
    case 'boundary':
      return (before === Before.word) !== isWord(symbol);
    case 'noBoundary':
      return (before === Before.word) === isWord(symbol);
  }
}
