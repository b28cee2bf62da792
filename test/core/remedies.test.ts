/** Whatever is reported, there is something to do about it. */
import { expect, test } from 'vitest';
import { diagnostics, type DiagnosticCode } from '../../src/core/diagnostics.ts';
import { remedies, remedyOf } from '../../src/core/remedies.ts';

const codes = Object.keys(diagnostics) as DiagnosticCode[];

test.each(codes)('%s has a remedy', (code) => expect(remedyOf(code)).toMatch(/^[A-Z].*[.;:?]/s));

test('there is no remedy without its code', () => {
  expect(Object.keys(remedies).filter((code) => !codes.includes(code as DiagnosticCode))).toEqual([]);
});
