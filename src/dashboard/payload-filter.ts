/**
 * Judges the messages of a conversation by their whole payloads, for filters that ask for more of them than rows hold:
 * the conversation is read again, and its nth message is the nth row.
 */
import type { Filter } from '../filter/filter.ts';
import type { MessageRecord } from '../timeline/records.ts';
import type { RowRecords } from '../timeline/row-record.ts';
import type { Conversation, Timeline } from '../timeline/timeline.ts';

export class PayloadFilter {
  private readonly timeline: Timeline;
  private readonly records: RowRecords;
  private readonly filter: Filter;
  private readonly messageRows: Int32Array;
  /** Of each message row its frames' rows, where frames are asked for. */
  private readonly framesOf: ReadonlyMap<number, readonly number[]> | undefined;
  private readonly judged = new Set<number>();
  private readonly matching = new Set<number>();
  private taken = 0;

  constructor(
    timeline: Timeline,
    records: RowRecords,
    filter: Filter,
    talk: Conversation,
    what: 'frames' | 'messages',
  ) {
    this.timeline = timeline;
    this.records = records;
    this.filter = filter;
    this.messageRows = timeline.rowsOf(talk, 'messages');
    this.framesOf = what === 'frames' ? framesByMessage(timeline, talk) : undefined;
  }

  /** Whether a row matches; undefined where its payload has not been read. */
  matches(row: number): boolean | undefined {
    return this.judged.has(row) ? this.matching.has(row) : undefined;
  }

  /** The conversation's next message. */
  message(record: MessageRecord): void {
    const { messages } = this.timeline;
    const row = this.messageRows[this.taken++] ?? -1;
    if (messages.ordinal.at(row) !== this.taken) return;
    if (this.framesOf === undefined) this.judge(row, this.filter.message(record));
    for (const frame of this.framesOf?.get(row) ?? []) {
      const own = this.records.frame(frame);
      own.body.clear();
      own.body.append(record.body.data, 0, record.body.length, record.body.length);
      this.judge(frame, this.filter.frame(own));
    }
  }

  private judge(row: number, matches: boolean): void {
    this.judged.add(row);
    if (matches) this.matching.add(row);
  }
}

function framesByMessage(timeline: Timeline, talk: Conversation): ReadonlyMap<number, readonly number[]> {
  const frames = new Map<number, number[]>();
  for (const row of timeline.rowsOf(talk, 'frames')) {
    const message = timeline.frames.message.at(row);
    const known = frames.get(message);
    if (known === undefined) frames.set(message, [row]);
    else known.push(row);
  }
  return frames;
}
