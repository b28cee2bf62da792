/**
 * Says on stderr what is wrong with the capture file itself: a reader of stdout sees records, not that some are missing. And
 * that secrets were used that nobody named.
 */
import type { DiagnosticRecord, RecordSink } from '../timeline/records.ts';
import { countText } from '../insight/units.ts';
import { diagnostics } from '../core/diagnostics.ts';
import { printable } from '../core/printable.ts';

/** Lines for each code; more are counted. */
const linesPerCode = 3;

export class Notices implements RecordSink {
  private readonly say: (line: string) => void;
  private readonly name: string;
  private readonly counts = new Map<string, number>();

  /** @param name of the capture, for the beginning of each line */
  constructor(name: string, say: (line: string) => void) {
    this.name = name;
    this.say = say;
  }

  diagnostic(record: DiagnosticRecord): void {
    if (!record.code.startsWith('capture.') && record.code !== 'tls.environment-keys') return;
    const count = (this.counts.get(record.code) ?? 0) + 1;
    this.counts.set(record.code, count);
    if (count <= linesPerCode) this.say(`${this.name}: ${printable(noticeText(record))}`);
  }

  summary(): void {
    for (const [code, count] of this.counts) {
      if (count > linesPerCode) this.say(`${this.name}: ${code}: ${countText(count - linesPerCode)} more of these`);
    }
  }

  capture(): void {}
  connection(): void {}
  exchange(): void {}
  upgrade(): void {}
  frame(): void {}
  message(): void {}
}

/** Title, place and detail. */
function noticeText({ code, message, offset }: DiagnosticRecord): string {
  const { title } = diagnostics[code];
  const place = offset < 0 || message.includes('(byte ') ? '' : ` (byte ${countText(offset)})`;
  return message === title ? title + place : `${title}${place}: ${message}`;
}
