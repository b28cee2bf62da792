/** A record sink whose failure is its own: it hears nothing more, the loss is told once, and the others go on. */
import { OutputClosed } from '../export/output.ts';
import type { RecordSink } from '../timeline/records.ts';
import { systemProblem } from './system-problem.ts';

export function guarded(sink: RecordSink, say: (line: string) => void): RecordSink {
  let dead = false;
  const attempt = (step: () => void): void => {
    if (dead) return;
    try {
      step();
    } catch (error) {
      dead = true;
      if (!(error instanceof OutputClosed)) say(`records are no longer written: ${systemProblem(error)}`);
    }
  };
  const guard: RecordSink = {
    capture: (facts) => attempt(() => sink.capture(facts)),
    connection: (record) => attempt(() => sink.connection(record)),
    exchange: (record) => attempt(() => sink.exchange(record)),
    upgrade: (record) => attempt(() => sink.upgrade(record)),
    frame: (record) => attempt(() => sink.frame(record)),
    message: (record) => attempt(() => sink.message(record)),
    diagnostic: (record) => attempt(() => sink.diagnostic(record)),
    summary: (record) => attempt(() => sink.summary(record)),
  };
  if (sink.progress !== undefined) guard.progress = (record) => attempt(() => sink.progress!(record));
  if (sink.opened !== undefined)
    guard.opened = (table, slot, packet) => attempt(() => sink.opened!(table, slot, packet));
  return guard;
}
