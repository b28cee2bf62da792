/** One record sink that gives every record to several. */
import type { ExchangeRecord, RecordSink } from './records.ts';

export function fanOut(sinks: readonly RecordSink[]): RecordSink {
  if (sinks.length === 1) return sinks[0]!;
  const watching = sinks.filter((sink) => sink.progress !== undefined);
  const sink: RecordSink = {
    capture: (facts) => sinks.forEach((each) => each.capture(facts)),
    connection: (record) => sinks.forEach((each) => each.connection(record)),
    exchange: (record) => sinks.forEach((each) => each.exchange(record)),
    upgrade: (record) => sinks.forEach((each) => each.upgrade(record)),
    frame: (record) => sinks.forEach((each) => each.frame(record)),
    message: (record) => sinks.forEach((each) => each.message(record)),
    diagnostic: (record) => sinks.forEach((each) => each.diagnostic(record)),
    summary: (record) => sinks.forEach((each) => each.summary(record)),
  };
  if (watching.length > 0)
    sink.progress = (record: ExchangeRecord) => watching.forEach((each) => each.progress?.(record));
  const meeting = sinks.filter((each) => each.opened !== undefined);
  if (meeting.length > 0)
    sink.opened = (table, slot, packet) => meeting.forEach((each) => each.opened?.(table, slot, packet));
  return sink;
}
