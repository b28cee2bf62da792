/** Who may import whom: the rooms of ARCHITECTURE.md, held to the code. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));

const mayImport: Record<string, readonly string[]> = {
  core: [],
  source: ['core'],
  decode: ['core'],
  timeline: ['core'],
  filter: ['core', 'timeline'],
  insight: ['core', 'timeline'],
  export: ['core', 'timeline', 'filter', 'insight'],
  dashboard: ['core', 'timeline', 'filter', 'insight', 'export'],
  cli: ['core', 'source', 'decode', 'timeline', 'filter', 'insight', 'export', 'dashboard'],
};

/** The files of `decode/` that know several protocols. */
const joints = ['stack.ts', 'streams.ts', 'content-readers.ts', 'identify.ts', 'protocols.ts'];
/** Shelves that every protocol may take from. */
const shelves = ['http'];

interface Import {
  from: string;
  to: string;
}

const imports: Import[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    [...readFileSync(join(source, file), 'utf8').matchAll(/from '(\.{1,2}\/[^']+)'/g)].map((match) => ({
      from: file,
      to: relative(source, join(source, dirname(file), match[1]!)),
    })),
  );

const room = (file: string): string => file.split('/')[0]!;

test('rooms import only what they may', () => {
  const broken = imports.filter(
    ({ from, to }) => from.includes('/') && room(from) !== room(to) && !mayImport[room(from)]!.includes(room(to)),
  );
  expect(broken).toEqual([]);
});

test('protocols do not know one another', () => {
  const layers = ['link', 'ip', 'tcp'];
  const broken = imports.filter(({ from, to }) => {
    const [, own, file] = from.split('/');
    const [target, other, deeper] = to.split('/');
    if (room(from) !== 'decode' || target !== 'decode' || file === undefined || deeper === undefined) return false;
    if (own === other || shelves.includes(other!)) return false;
    return !(layers.includes(own!) && layers.includes(other!));
  });
  expect(broken).toEqual([]);
});

test('only the joints of decode know protocols', () => {
  const broken = imports.filter(({ from, to }) => {
    const parts = from.split('/');
    return parts[0] === 'decode' && parts.length === 2 && to.split('/').length === 3 && !joints.includes(parts[1]!);
  });
  expect(broken).toEqual([]);
});

test('blessed is imported in one file', () => {
  const users = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /from '(blessed|blessed-contrib)[/']/.test(readFileSync(join(source, file), 'utf8')));
  expect(users.filter((file) => file !== 'dashboard/screen.ts')).toEqual([]);
});
