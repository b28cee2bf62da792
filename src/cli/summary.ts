/** `wirescope summary`: totals on one page. */
import { Totals } from '../insight/totals.ts';
import { readCapture, type ReadingOptions } from './reading.ts';
import { summaryLines } from './summary/view.ts';
import { say, stdoutTerminal } from './terminal.ts';

export async function summary(path: string, options: ReadingOptions): Promise<void> {
  const totals = new Totals();
  await readCapture(path, totals, options, { maxBody: 0 });
  say(summaryLines(stdoutTerminal(options.color), totals).join('\n') + '\n');
}
