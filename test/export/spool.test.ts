import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { Spool } from '../../src/export/spool.ts';
import { CapturedOutput } from './captured-output.ts';

const before = spools();
afterEach(() => expect(spools()).toBe(before));

function spools(): number {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('wirescope-')).length;
}

test.each([0, 1, 7, 64, 100_000])('gives back what was put in, with %d bytes kept in memory', (limit) => {
  const spool = new Spool(limit);
  const pieces = Array.from({ length: 500 }, (_, i) => Buffer.from(`${i}:`.repeat(i % 13)));
  for (const piece of pieces) spool.append(Buffer.concat([Buffer.from('__'), piece]), 2, 2 + piece.length);
  const output = new CapturedOutput();
  spool.copyTo(output);
  expect(output.text).toBe(Buffer.concat(pieces).toString());
  expect(spool.length).toBe(output.text.length);
  spool.close();
});

test('an empty one gives nothing, and can be closed twice', () => {
  const spool = new Spool(10);
  const output = new CapturedOutput();
  spool.copyTo(output);
  expect(output.text).toBe('');
  spool.close();
  spool.close();
});
