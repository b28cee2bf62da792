/** The server-sent events of one response, recorded as messages. */
import type { Moment } from '../core/moment.ts';
import { server } from '../core/side.ts';
import type { EventSink } from '../core/sinks.ts';
import { reach } from './reach.ts';
import { MessageRecord, type ExchangeRecord, type RecordSink } from './records.ts';
import type { Recorder } from './recorder.ts';

export class EventRecorder implements EventSink {
  private readonly recorder: Recorder;
  private readonly sink: RecordSink;
  private readonly moment: Moment;
  private readonly maxBody: number;
  private readonly record: MessageRecord;

  constructor(recorder: Recorder, sink: RecordSink, moment: Moment, maxBody: number, exchange: ExchangeRecord) {
    this.recorder = recorder;
    this.sink = sink;
    this.moment = moment;
    this.maxBody = maxBody;
    const record = (this.record = new MessageRecord(exchange.table));
    record.slot = exchange.slot;
    record.stream = exchange.stream;
    record.exchange = exchange.id;
    record.side = server;
    record.kind = 'event';
    record.compressed = exchange.response.encoding !== undefined;
  }

  eventStart(): void {
    this.record.time = this.moment.time;
    this.record.firstPacket = this.moment.packet;
  }

  event(
    type: string,
    id: string | undefined,
    retry: number,
    data: Uint8Array,
    start: number,
    end: number,
    length: number,
    wireLength: number,
    complete: boolean,
  ): void {
    const { record } = this;
    record.id = this.recorder.nextMessageId();
    record.endTime = record.time;
    record.lastPacket = record.firstPacket;
    reach(record, this.moment);
    record.event = type === '' ? undefined : type;
    record.eventId = id;
    record.retry = retry;
    record.length = length;
    record.wireLength = wireLength;
    record.complete = complete;
    record.body.clear();
    if (this.maxBody > 0) record.body.append(data, start, end, this.maxBody);
    this.recorder.totals.messages++;
    this.sink.message(record);
  }
}
