/** The public captures beside the project, with the rows expected of each; empty where the folder is not there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));

export interface CorpusCapture {
  capture: string;
  expected: string;
  keylog?: string;
  packets: number;
  format: string;
  linkTypes: string[];
  rows: Record<string, number>;
  path: string;
  /** Key logs that open what is encrypted. */
  keys: string[];
}

export interface ExpectedRow {
  k: 'conn' | 'req' | 'res' | 'ws' | 'h2';
  stream: number;
  conf: string;
  [field: string]: unknown;
}

export const corpusIsThere = existsSync(join(root, 'index.json'));

export function corpus(): CorpusCapture[] {
  if (!corpusIsThere) return [];
  const index = JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as {
    captures: Omit<CorpusCapture, 'path' | 'keys'>[];
  };
  return index.captures.map((entry) => ({
    ...entry,
    path: join(root, 'captures', entry.capture),
    keys: entry.keylog === undefined ? [] : [join(root, 'captures', entry.keylog)],
  }));
}

export function expectedRows(entry: CorpusCapture): ExpectedRow[] {
  const path = join(root, 'expected', entry.expected);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ExpectedRow);
}
