/** `wirescope explain`: what a diagnostic means. */
import { diagnostics, type DiagnosticCode, type DiagnosticEntry, type Severity } from '../core/diagnostics.ts';
import { remedyOf } from '../core/remedies.ts';
import { UsageError } from '../core/errors.ts';
import { severities } from '../insight/diagnostic-counts.ts';
import { didYouMean } from './nearest.ts';
import type { Style } from './paint.ts';
import { remedyLines } from './summary/layout.ts';
import { say, stdoutTerminal, type Terminal } from './terminal.ts';

export function explain(code: string | undefined, options: { color?: boolean }): void {
  const terminal = stdoutTerminal(options.color);
  const lines = code === undefined ? catalogueLines(terminal) : entryLines(terminal, code);
  say(lines.join('\n') + '\n');
}

const helpWidth = 80;

const styles: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', note: 'blue' };

const meanings: Readonly<Record<Severity, string>> = {
  error: 'the protocol is violated, or data is lost',
  warning: 'allowed but ambiguous, or likely a fault',
  note: 'worth knowing',
};

function entryLines({ paint }: Terminal, code: string): string[] {
  const codes = Object.keys(diagnostics);
  if (!isCode(code)) {
    throw new UsageError(`there is no diagnostic "${code}"${didYouMean(code, codes)}; "wirescope explain" lists all`);
  }
  const { severity, title, reference }: DiagnosticEntry = diagnostics[code];
  const remedy = remedyOf(code);
  return [
    paint('bold', code),
    `  ${title}`,
    `  ${paint(styles[severity], severity)}: ${meanings[severity]}`,
    ...(reference === undefined ? [] : [`  ${reference}`]),
    ...(remedy === undefined ? [] : remedyLines({ paint, width: helpWidth }, remedy)),
  ];
}

function catalogueLines({ paint }: Terminal): string[] {
  const codes = Object.keys(diagnostics).filter(isCode);
  const width = Math.max(...codes.map((code) => code.length));
  return codes
    .toSorted((a, b) => layerOf(a).localeCompare(layerOf(b)) || rank(a) - rank(b))
    .map((code) => {
      const { severity, title } = diagnostics[code];
      return `${paint(styles[severity], severity.padEnd(7))}  ${code.padEnd(width)}  ${paint('dim', title)}`;
    });
}

function isCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(diagnostics, code);
}

function layerOf(code: string): string {
  return code.slice(0, code.indexOf('.'));
}

function rank(code: DiagnosticCode): number {
  return severities.indexOf(diagnostics[code].severity);
}
