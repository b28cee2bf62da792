/** `wirescope check`: assertions about a capture, for continuous integration. A line each on stdout, and the exit status. */
import { printable } from '../core/printable.ts';
import { AssertionSink, parseAssertion, type AssertionResult } from '../filter/assertion.ts';
import type { RecordReference } from '../filter/record-reference.ts';
import { ExitStatus } from './failure.ts';
import type { Paint } from './paint.ts';
import { readCapture, type ReadingOptions } from './reading.ts';
import { say, stdoutTerminal } from './terminal.ts';

export interface CheckOptions extends ReadingOptions {
  readonly assert: readonly string[];
}

export async function check(path: string, options: CheckOptions): Promise<ExitStatus> {
  const assertions = options.assert.map(parseAssertion);
  const sink = new AssertionSink(assertions);
  const readsBody = assertions.some((assertion) => assertion.readsBody);
  await readCapture(path, sink, options, { maxBody: 0, readsBody });
  const { paint } = stdoutTerminal(options.color);
  const results = sink.results();
  for (const result of results) say(resultLine(result, paint) + '\n');
  return results.every(({ ok }) => ok) ? ExitStatus.done : ExitStatus.failed;
}

/** `ok    count(status >= 500) == 0`, or `FAIL` with what was found instead, and where. */
function resultLine({ ok, text, found, expected, firstFailing }: AssertionResult, paint: Paint): string {
  const shown = printable(text);
  if (ok) return `${paint('green', 'ok  ')}  ${shown}  ${paint('dim', `(${printable(found)})`)}`;
  const place = firstFailing === undefined ? '' : `; ${placeText(firstFailing)}`;
  const wanted = expected === text ? '' : `; expected ${printable(expected)}`;
  return `${paint('red', 'FAIL')}  ${shown}  (${printable(found)}${wanted}${place})`;
}

/** `exchange 12, packet 40: GET http://...`: where to look. */
function placeText({ kind, id, packet, label }: RecordReference): string {
  const number = id < 0 ? '' : ` ${id}`;
  return `${kind}${number}${packet > 0 ? `, packet ${packet}` : ''}: ${label}`;
}
