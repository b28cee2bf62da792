/** What a command loads before it does anything: most of a short run's time is loading. Told by the files of the bundle. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './wirescope.ts';

const bundle = join(root, 'dist', 'bundle');

/** The packages that a file of the bundle loads, and the files that it does, without what is loaded on demand. */
function loadedBy(file: string, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(join(bundle, file), 'utf8');
  for (const [, name] of text.matchAll(/^(?:import|export)\b[^\n]*?["']([^"'\n]+)["'];$/gm)) {
    if (name!.startsWith('./')) loadedBy(name!.slice(2), seen, packages);
    else if (!name!.startsWith('node:')) packages.add(name!);
  }
  return packages;
}

/** The file that holds a command. */
function fileOf(command: string): string {
  const main = readFileSync(join(bundle, 'main.js'), 'utf8');
  return new RegExp(`import\\("\\./(${command}\\d*\\.js)"\\)`).exec(main)![1]!;
}

test('the command line alone', () => {
  expect([...loadedBy('main.js')]).toEqual(['commander']);
});

test.each([
  ['export', ['commander', 'fzstd', 'pako']],
  ['list', ['commander', 'fzstd', 'pako', 'string-width']],
  ['summary', ['commander', 'fzstd', 'pako', 'string-width']],
])('%s loads %j', (command, packages) => {
  const seen = new Set<string>();
  expect([...loadedBy(fileOf(command), seen, loadedBy('main.js', seen))].sort()).toEqual(packages);
});
