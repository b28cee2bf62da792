/** What messages are to their subprotocols, for the rows that are shown: told from as much of them as the rows hold. */
import { readMessage } from '../insight/lenses/lenses.ts';
import type { RowRecords } from '../timeline/row-record.ts';
import type { Timeline } from '../timeline/timeline.ts';
import type { LensJson } from '../timeline/trace-format.ts';

/** Rows remembered: more than any screen shows. */
const mostRemembered = 2000;

export class RowLenses {
  private readonly timeline: Timeline;
  private readonly records: RowRecords;
  private readonly labels = new Map<number, string | undefined>();

  constructor(timeline: Timeline, records: RowRecords) {
    this.timeline = timeline;
    this.records = records;
  }

  /** The message's event, topic or operation; undefined where no lens knows more than the text says. */
  label(row: number): string | undefined {
    if (this.labels.has(row)) return this.labels.get(row);
    const { messages, conversations } = this.timeline;
    const { subprotocol } = conversations.at(messages.conversation.at(row));
    const lens = readMessage(this.records.message(row), { subprotocol, mqttLevel: 0 });
    const label = lens === undefined || !isTelling(lens) ? undefined : lens.label;
    if (this.labels.size >= mostRemembered) this.labels.clear();
    this.labels.set(row, label);
    return label;
  }
}

/** That a text is a JSON object can be seen. */
export function isTelling({ name, label }: LensJson): boolean {
  return name.toLowerCase() !== 'json' || (label !== 'object' && label !== 'array');
}
