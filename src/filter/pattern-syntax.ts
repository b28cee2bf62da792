/**
 * Patterns of `matches`: the regular part of Perl's syntax, on bytes, letters in either case unless `(?-i)` says otherwise,
 * as in Wireshark. Look-around and backreferences are refused: without them matching takes linear time, whatever the
 * captured bytes are. A character beyond ASCII stands for its bytes in UTF-8.
 */

export type PatternNode =
  | { readonly kind: 'bytes'; readonly set: ByteSet }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly of: PatternNode; readonly least: number; readonly most: number }
  | { readonly kind: 'assertion'; readonly what: Assertion };

export type Assertion = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'finalEnd' | 'boundary' | 'noBoundary';

/** What is wrong with a pattern, and at which of its bytes. */
export class PatternError extends Error {
  readonly position: number;
  readonly expected: string;

  constructor(position: number, expected: string) {
    super(expected);
    this.position = position;
    this.expected = expected;
  }
}

export class ByteSet {
  /** 1 for each byte that belongs. */
  readonly member: Uint8Array = new Uint8Array(256);

  add(from: number, to = from): this {
    this.member.fill(1, from, to + 1);
    return this;
  }
  union(other: ByteSet): this {
    for (let i = 0; i < 256; i++) this.member[i]! |= other.member[i]!;
    return this;
  }
  negated(): ByteSet {
    const set = new ByteSet();
    for (let i = 0; i < 256; i++) set.member[i] = 1 - this.member[i]!;
    return set;
  }
  /** With every ASCII letter's other case. */
  folded(): this {
    for (let upper = 0x41; upper <= 0x5a; upper++) {
      const either = this.member[upper]! | this.member[upper | 0x20]!;
      this.member[upper] = this.member[upper | 0x20] = either;
    }
    return this;
  }
}

const digit = new ByteSet().add(0x30, 0x39);
const wordBytes = new ByteSet().add(0x30, 0x39).add(0x41, 0x5a).add(0x61, 0x7a).add(0x5f);
const space = new ByteSet().add(0x09, 0x0d).add(0x20);
const classes: Readonly<Record<string, ByteSet>> = {
  d: digit, D: digit.negated(), w: wordBytes, W: wordBytes.negated(), s: space, S: space.negated(),
  h: new ByteSet().add(0x09).add(0x20), R: new ByteSet().add(0x0a, 0x0d), N: new ByteSet().add(0x0a).negated(),
}; // prettier-ignore

const upper = new ByteSet().add(0x41, 0x5a);
const lower = new ByteSet().add(0x61, 0x7a);
const named: Readonly<Record<string, ByteSet>> = {
  alpha: new ByteSet().union(upper).union(lower), digit, upper, lower, space, word: wordBytes,
  alnum: new ByteSet().union(upper).union(lower).union(digit),
  xdigit: new ByteSet().union(digit).add(0x41, 0x46).add(0x61, 0x66), blank: new ByteSet().add(0x09).add(0x20),
  cntrl: new ByteSet().add(0, 0x1f).add(0x7f), print: new ByteSet().add(0x20, 0x7e), graph: new ByteSet().add(0x21, 0x7e),
  punct: new ByteSet().add(0x21, 0x2f).add(0x3a, 0x40).add(0x5b, 0x60).add(0x7b, 0x7e),
}; // prettier-ignore

const controls: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 };
const assertions: Readonly<Record<string, Assertion>> = {
  A: 'start', Z: 'finalEnd', z: 'end', b: 'boundary', B: 'noBoundary',
}; // prettier-ignore

const maxRepeat = 1000;
const maxDepth = 100;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

/** The tree of a pattern; throws `PatternError`. */
export function parsePattern(bytes: Uint8Array): PatternNode {
  return new PatternParser(bytes).whole();
}

class PatternParser {
  /** One character a byte. */
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private flags: Flags = { ignoreCase: true, multiline: false, dotAll: false };

  constructor(bytes: Uint8Array) {
    this.text = Buffer.from(bytes).toString('latin1');
  }

  whole(): PatternNode {
    const node = this.choice();
    if (this.at < this.text.length) throw this.wrong('no ")" without a "("');
    return node;
  }

  private choice(): PatternNode {
    const before = this.flags;
    const parts = [this.sequence()];
    while (this.accept('|')) parts.push(this.sequence());
    this.flags = before;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.text.length && this.peek !== '|' && this.peek !== ')') {
      const atom = this.atom();
      if (atom !== undefined) parts.push(this.repeated(atom));
    }
    return { kind: 'sequence', parts };
  }

  // --- repetition ----------------------------------------------------------------------------------------------------

  private repeated(atom: PatternNode): PatternNode {
    const bounds = this.bounds();
    if (bounds === undefined) return atom;
    // Lazy and possessive quantifiers match in other places, not other subjects (possessive ones: nearly).
    if (!this.accept('?')) this.accept('+');
    if (this.peek === '*' || this.peek === '+' || this.peek === '?') throw this.wrong('something to repeat');
    return { kind: 'repeat', of: atom, least: bounds[0], most: bounds[1] };
  }

  private bounds(): readonly [least: number, most: number] | undefined {
    if (this.accept('*')) return [0, Infinity];
    if (this.accept('+')) return [1, Infinity];
    if (this.accept('?')) return [0, 1];
    const counted = /^\{(\d+)(,)?(\d+)?\}/.exec(this.text.slice(this.at, this.at + 16));
    if (counted === null) return undefined;
    const least = Number(counted[1]);
    const most = counted[3] !== undefined ? Number(counted[3]) : counted[2] === undefined ? least : Infinity;
    if (least > maxRepeat || (most !== Infinity && most > maxRepeat))
      throw this.wrong(`at most ${maxRepeat} repetitions`);
    if (most < least) throw this.wrong('a range that ends after it begins');
    this.at += counted[0].length;
    return [least, most];
  }

  // --- atoms ---------------------------------------------------------------------------------------------------------

  /** One piece that can be repeated; undefined where the text says nothing to match, such as `(?i)`. */
  private atom(): PatternNode | undefined {
    const character = this.peek;
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return one(this.set());
      case '.':
        this.at++;
        return one(this.flags.dotAll ? new ByteSet().add(0, 255) : classes['N']!);
      case '^':
        this.at++;
        return { kind: 'assertion', what: this.flags.multiline ? 'lineStart' : 'start' };
      case '$':
        this.at++;
        return { kind: 'assertion', what: this.flags.multiline ? 'lineEnd' : 'finalEnd' };
      case '*':
      case '+':
      case '?':
        throw this.wrong('something to repeat');
      case '\\':
        return this.escape();
      default:
        return this.character();
    }
  }

  /** A character as it is: all bytes of it, so that a quantifier behind it repeats the whole. */
  private character(): PatternNode {
    const sequence = /^[\xc2-\xdf][\x80-\xbf]|^[\xe0-\xef][\x80-\xbf]{2}|^[\xf0-\xf4][\x80-\xbf]{3}/.exec(
      this.text.slice(this.at, this.at + 4),
    );
    const length = sequence?.[0].length ?? 1;
    const parts: PatternNode[] = [];
    for (let i = 0; i < length; i++) parts.push(this.literal(this.text.charCodeAt(this.at++)));
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  private literal(byte: number): PatternNode {
    const set = new ByteSet().add(byte);
    return one(this.flags.ignoreCase ? set.folded() : set);
  }

  private escape(): PatternNode {
    const start = this.at;
    const character = this.text[this.at + 1];
    if (character === undefined) throw this.wrong('a character after the backslash');
    const assertion = own(assertions, character);
    const set = own(classes, character);
    if (assertion !== undefined || set !== undefined) {
      this.at += 2;
      return assertion !== undefined ? { kind: 'assertion', what: assertion } : one(set!);
    }
    if (character === 'Q') return this.quotation();
    const byte = this.escapedByte();
    if (byte === undefined) throw new PatternError(start, this.refusal(character));
    return this.literal(byte);
  }

  /** The byte that the escape at `at` stands for; undefined where it stands for something else. Moves on. */
  private escapedByte(): number | undefined {
    const rest = this.text.slice(this.at + 1, this.at + 8);
    const number = /^x(?:\{([0-9a-fA-F]{1,2})\}|([0-9a-fA-F]{0,2}))|^0([0-7]{0,2})/.exec(rest);
    if (number !== null) {
      this.at += 1 + number[0].length;
      return number[3] !== undefined ? parseInt(number[3] || '0', 8) : parseInt(number[1] ?? (number[2] || '0'), 16);
    }
    const control = own(controls, rest[0]!);
    if (control === undefined && /[A-Za-z0-9]/.test(rest[0]!)) return undefined;
    this.at += 2;
    return control ?? rest.charCodeAt(0);
  }

  private quotation(): PatternNode {
    const end = this.text.indexOf('\\E', this.at);
    const quoted = this.text.slice(this.at + 2, end < 0 ? undefined : end);
    this.at = end < 0 ? this.text.length : end + 2;
    return { kind: 'sequence', parts: Array.from(quoted, (c) => this.literal(c.charCodeAt(0))) };
  }

  private refusal(character: string): string {
    if (/[1-9gk]/.test(character)) return 'no reference to a group: patterns match in linear time';
    if (/[pPX]/.test(character)) return 'no Unicode classes: patterns match bytes';
    return 'an escape such as \\d, \\w, \\s, \\b, \\x41 or \\.';
  }

  // --- groups --------------------------------------------------------------------------------------------------------

  private group(): PatternNode | undefined {
    const start = this.at++;
    if (++this.depth > maxDepth) throw this.wrong(`at most ${maxDepth} groups in one another`);
    const before = this.flags;
    if (this.accept('?') && !this.named() && this.setFlags(start)) {
      this.depth--;
      return undefined;
    }
    const node = this.choice();
    this.flags = before;
    if (!this.accept(')')) throw new PatternError(start, 'a ")" for this "("');
    this.depth--;
    return node;
  }

  /** `(?<name>`, `(?P<name>`, `(?'name'`: the name plays no part. */
  private named(): boolean {
    const name = /^(?:P?<\w+>|'\w+')/.exec(this.text.slice(this.at, this.at + 64));
    if (name !== null) this.at += name[0].length;
    return name !== null;
  }

  /** After `(?`. True where the flags go on after the `)`: `(?i)`; false where they are the group's: `(?i:`. */
  private setFlags(start: number): boolean {
    const form = /^([ims]*)(?:-([ims]*))?([:)])/.exec(this.text.slice(this.at, this.at + 16));
    if (form === null) {
      const lookAround = /^(?:[=!>|]|<[=!])/.test(this.text.slice(this.at));
      throw new PatternError(
        start,
        lookAround ? 'no look-around: patterns match in linear time' : '"(?:", "(?i)" or "(?-i)"',
      );
    }
    this.at += form[0].length;
    const [, on = '', off = ''] = form;
    const has = (flag: string, before: boolean): boolean => (before || on.includes(flag)) && !off.includes(flag);
    const { ignoreCase, multiline, dotAll } = this.flags;
    this.flags = { ignoreCase: has('i', ignoreCase), multiline: has('m', multiline), dotAll: has('s', dotAll) };
    return form[3] === ')';
  }

  // --- sets ----------------------------------------------------------------------------------------------------------

  private set(): ByteSet {
    const start = this.at++;
    const negated = this.accept('^');
    let set = new ByteSet();
    for (let first = true; first || this.peek !== ']'; first = false) {
      if (this.at >= this.text.length) throw new PatternError(start, 'a "]" for this "["');
      this.element(set);
    }
    this.at++;
    if (this.flags.ignoreCase) set.folded();
    if (negated) set = set.negated();
    return set;
  }

  private element(set: ByteSet): void {
    const name = /^\[:(\^)?(\w+):\]/.exec(this.text.slice(this.at, this.at + 16));
    const members = name === null ? undefined : own(named, name[2]!);
    if (name !== null && members !== undefined) {
      this.at += name[0].length;
      set.union(name[1] === undefined ? members : members.negated());
      return;
    }
    const from = this.member();
    if (typeof from !== 'number') {
      set.union(from);
      return;
    }
    if (this.peek !== '-' || this.text[this.at + 1] === ']' || this.at + 1 >= this.text.length) {
      set.add(from);
      return;
    }
    const dash = this.at++;
    const to = this.member();
    if (typeof to !== 'number' || to < from) throw new PatternError(dash, 'a range that ends after it begins');
    set.add(from, to);
  }

  private member(): number | ByteSet {
    if (this.peek !== '\\') return this.text.charCodeAt(this.at++);
    const start = this.at;
    const character = this.text[this.at + 1] ?? '';
    const set = own(classes, character);
    if (set !== undefined || character === 'b') {
      this.at += 2;
      return set ?? 0x08;
    }
    const byte = character === '' ? undefined : this.escapedByte();
    if (byte === undefined) throw new PatternError(start, this.refusal(character));
    return byte;
  }

  // --- text ----------------------------------------------------------------------------------------------------------

  private get peek(): string | undefined {
    return this.text[this.at];
  }

  private accept(character: string): boolean {
    if (this.peek !== character) return false;
    this.at++;
    return true;
  }

  private wrong(expected: string): PatternError {
    return new PatternError(this.at, expected);
  }
}

function one(set: ByteSet): PatternNode {
  return { kind: 'bytes', set };
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
