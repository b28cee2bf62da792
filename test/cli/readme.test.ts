/**
 * What README.md shows is what happens: its commands run, its library example runs, and its pictures are what the commands
 * print. `UPDATE_GOLDENS=1 npx vitest run test/cli/readme.test.ts` draws the pictures anew.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root, shell, wirescope, workFolder } from './wirescope.ts';

const path = join(root, 'README.md');
const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language: language!,
  text: text!,
}));

function block(holds: (text: string) => boolean): string {
  const found = blocks.find(({ text }) => holds(text));
  if (found === undefined) throw new Error('README.md has no such block');
  return found.text;
}

/** Holds a block to what is printed now, or puts that in its place. */
function expectShown(shown: string, printed: string): void {
  if (process.env['UPDATE_GOLDENS'] === undefined) expect(shown).toBe(printed);
  else
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(fenced(shown), () => fenced(printed)),
    );
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\`\`\``;
}

/** Output as it stands in a block: no spaces at line ends. */
function trimmed(output: string): string {
  return output.replace(/ +$/gm, '');
}

test('the picture is what the command prints', () => {
  const { stdout } = wirescope(['captures/demo.pcapng'], { cwd: root });
  expectShown(
    block((text) => text.startsWith('captures/demo.pcapng\n')),
    trimmed(stdout),
  );
});

test('the list is what the command prints', () => {
  const shown = block((text) => text.startsWith('$ wirescope list '));
  const [prompt] = shown.split('\n');
  const { stdout } = wirescope(prompt!.split(' ').slice(2), { cwd: root });
  const from = 12;
  const lines = trimmed(stdout).split('\n').slice(from, from + 10); // prettier-ignore
  expectShown(shown, [prompt, '  ...', ...lines, '  ...', ''].join('\n'));
});

describe('the commands run', () => {
  const folder = workFolder();
  symlinkSync(join(root, 'captures'), join(folder, 'captures'));
  const lines = block((text) => text.startsWith('wirescope captures/')).split('\n');

  test.each(lines.filter((line) => line.startsWith('wirescope ')))('%s', (line) => {
    const { status, stderr } = shell(`${line.replace('wirescope', '$W')} >out`, folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

test('the library example runs', () => {
  const folder = workFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'wirescope'));
  symlinkSync(join(root, 'captures'), join(folder, 'captures'));
  writeFileSync(join(folder, 'example.mjs'), blocks.find(({ language }) => language === 'ts')!.text);
  const printed = execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
  expect(printed.split('\n').length).toBeGreaterThan(40);
  expect(printed).toMatch(/^200 GET http:\/\/shop\.example\/shop\/ 0\.\d+ s$/m);
});
