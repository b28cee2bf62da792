/** What could be typed next in a filter line: field names, operators, values. */
import { operatorWords, tokenize, type Token } from './lexer.ts';
import type { Field } from './field.ts';
import { fields, findField } from './fields.ts';
import { FilterError } from './filter-error.ts';
import { functions } from './functions.ts';
import { relations } from './parser.ts';
import { quoted } from './ast.ts';

export interface CompletionItem {
  /** What replaces the range. */
  readonly text: string;
  readonly kind: 'field' | 'function' | 'operator' | 'value';
  readonly description: string;
}

export interface Completion {
  /** The range of the text that an item replaces: the word the cursor stands at the end of. */
  readonly start: number;
  readonly end: number;
  readonly items: readonly CompletionItem[];
}

/** Everything that can stand at the cursor and begins with (then: contains) the word before it. */
export function complete(text: string, cursor = text.length): Completion {
  const before = text.slice(0, cursor);
  const word = /(?:"[^"]*|[A-Za-z0-9_.-]*)$/.exec(openQuote(before) ? before : before.replaceAll('"', ' '))?.[0] ?? '';
  const start = cursor - word.length;
  const end = cursor + (/^[A-Za-z0-9_.-]*/.exec(text.slice(cursor))?.[0].length ?? 0);
  const tokens = tokensOf(text.slice(0, start));
  const items = tokens === undefined ? [] : matching(candidates(tokens), word);
  return { start, end: word.startsWith('"') ? cursor : end, items };
}

/** Is the end of the text inside double quotes? */
function openQuote(text: string): boolean {
  return (text.replace(/\\./g, '').split('"').length & 1) === 0;
}

function tokensOf(text: string): readonly Token[] | undefined {
  try {
    return tokenize(text).slice(0, -1);
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}

function matching(items: readonly CompletionItem[], word: string): CompletionItem[] {
  const wanted = word.replace(/^"/, '').toLowerCase();
  const plain = (item: CompletionItem): string => item.text.replace(/^"/, '').toLowerCase();
  const first = items.filter((item) => plain(item).startsWith(wanted));
  if (wanted === '') return first;
  return [...first, ...items.filter((item) => !plain(item).startsWith(wanted) && plain(item).includes(wanted))];
}

// --- what can stand there --------------------------------------------------------------------------------------------

function candidates(tokens: readonly Token[]): readonly CompletionItem[] {
  const last = tokens.at(-1);
  if (last === undefined || startsTest(last)) return tests;
  const set = openSet(tokens);
  if (set !== undefined) return last.text === '{' || last.text === ',' || last.text === '..' ? values(set) : [];
  if (isRelation(last)) return values(fieldBefore(tokens, tokens.length - 1));
  if (last.text === 'in') return [item('{', 'operator', 'a set such as {200, 400..499}')];
  if (endsComparison(tokens)) return joints;
  const field = fieldBefore(tokens, tokens.length);
  return field === undefined ? joints : [...operators(field), ...joints];
}

function startsTest({ kind, text }: Token): boolean {
  if (kind === 'symbol') return text === '(' || text === '!' || text === '&&' || text === '||' || text === '^^';
  return kind === 'word' && ['and', 'or', 'xor', 'not', 'any', 'all'].includes(text);
}

function isRelation({ kind, text }: Token): boolean {
  return (kind === 'word' || kind === 'symbol') && Object.hasOwn(relations, text);
}

/** The field whose set is open at the end; undefined where none is. */
function openSet(tokens: readonly Token[]): Field | undefined {
  const open = tokens.findLastIndex((token) => token.kind === 'symbol' && token.text === '{');
  if (open < 1 || tokens.slice(open).some((token) => token.kind === 'symbol' && token.text === '}')) return undefined;
  if (tokens[open - 1]!.text !== 'in') return undefined;
  return fieldBefore(tokens, tokens[open - 2]?.text === 'not' ? open - 2 : open - 1);
}

/** The field that ends at token `end`, brackets and function parentheses left aside. */
function fieldBefore(tokens: readonly Token[], end: number): Field | undefined {
  let at = end - 1;
  while (tokens[at]?.kind === 'bracket' || tokens[at]?.text === ')') at--;
  const token = tokens[at];
  return token?.kind === 'word' ? findField(token.text) : undefined;
}

/** Does a value stand at the end, behind a relation? */
function endsComparison(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1)!;
  if (last.kind === 'string' || (last.kind === 'symbol' && last.text === '}')) return true;
  const previous = tokens.at(-2);
  return previous !== undefined && isRelation(previous);
}

// --- the lists -------------------------------------------------------------------------------------------------------

function item(text: string, kind: CompletionItem['kind'], description: string): CompletionItem {
  return { text, kind, description };
}

const tests: readonly CompletionItem[] = [
  ...fields.map((field) => item(field.name, 'field', field.description)),
  item('not', 'operator', 'the opposite'),
  ...fields.flatMap((field) => field.aliases.map((name) => item(name, 'field', field.description))),
  ...[...functions.values()].map((entry) => item(`${entry.name}(`, 'function', entry.description)),
];

const joints: readonly CompletionItem[] = [
  item('and', 'operator', 'both hold'),
  item('or', 'operator', 'either holds'),
  item('xor', 'operator', 'one of them holds'),
];

const equality = [item('==', 'operator', 'any value is'), item('!=', 'operator', 'no value is')];
const order = [
  item('<', 'operator', 'less than'),
  item('<=', 'operator', 'at most'),
  item('>', 'operator', 'more than'),
  item('>=', 'operator', 'at least'),
];
const searches = [
  item('contains', 'operator', 'has these bytes in it'),
  item('matches', 'operator', 'fits this pattern, letters in either case'),
];
const sets = [item('in', 'operator', 'is one of a set'), item('not in', 'operator', 'is none of a set')];

function operators(field: Field): readonly CompletionItem[] {
  if (field.type === 'protocol') return searches;
  if (field.type === 'boolean' || field.type === 'flag') return equality;
  return field.shape === 'bytes' ? [...equality, ...searches, ...sets] : [...equality, ...order, ...sets];
}

function values(field: Field | undefined): readonly CompletionItem[] {
  if (field === undefined) return [];
  const describe = (text: string): CompletionItem => item(text, 'value', `${field.name} ${text}`);
  if (field.shape === 'bytes') return (field.values ?? []).map((value) => describe(spelled(value)));
  if (field.type === 'boolean' || field.type === 'flag') return ['true', 'false'].map(describe);
  if (field.shape !== 'number') return [];
  return (field.choices === undefined ? (field.offers ?? []) : Object.keys(field.choices).map(spelled)).map(describe);
}

/** Quoted unless it is a plain word that means nothing else. */
function spelled(value: string): string {
  return /^[a-z][a-z-]*$/.test(value) && !operatorWords.has(value) ? value : quoted(value);
}
