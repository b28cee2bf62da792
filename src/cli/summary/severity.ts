/** How the three severities look, and what was found of each in one line. */
import type { Severity } from '../../core/diagnostics.ts';
import { severities } from '../../insight/diagnostic-counts.ts';
import { counted } from '../../insight/units.ts';
import type { Style } from '../paint.ts';
import type { Page } from './layout.ts';

export const marks: Readonly<Record<Severity, readonly [string, Style]>> = {
  error: ['✖', 'red'],
  warning: ['▲', 'yellow'],
  note: ['●', 'blue'],
};

/** `1 error · 3 warnings · 12 notes`, or that nothing was found. */
export function verdictLine({ paint }: Page, of: (severity: Severity) => number): string {
  const found = severities.filter((severity) => of(severity) > 0);
  const parts = found.map((severity) => paint(marks[severity][1], counted(of(severity), severity)));
  return parts.length === 0 ? `${paint('green', '✔')} nothing wrong was found` : parts.join(paint('dim', ' · '));
}
