/** Public captures against the rows expected of them. What differs is listed and argued in `corpus-differences.ts`. */
import { describe, expect, test } from 'vitest';
import { analyze } from '../src/index.ts';
import type { RecordJson } from '../src/timeline/trace-format.ts';
import { arguedDifferences } from './corpus-differences.ts';
import { corpus, corpusIsThere, expectedRows } from './support/corpus.ts';
import { actualRows, differences, expectedRow } from './support/rows.ts';

describe.skipIf(!corpusIsThere)('public captures (skipped where the corpus is not beside the project)', () => {
  test.each(corpus().map((entry) => [entry.capture, entry] as const))('%s', async (name, entry) => {
    const records: RecordJson[] = [];
    for await (const record of analyze(entry.path, { keys: entry.keys })) records.push(record);
    const summary = records.at(-1)!;
    expect(summary.type).toBe('summary');
    expect(summary).toHaveProperty('packets', entry.packets);
    const rows = expectedRows(entry).map(expectedRow);
    expect(differences(rows, actualRows(records))).toEqual((arguedDifferences[name] ?? []).map(({ line }) => line));
  });
});
