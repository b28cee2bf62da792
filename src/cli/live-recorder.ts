/** The recorder of a live session. It knows of each open connection whether anything is under way on it. */
import type { ExchangeRecord } from '../timeline/records.ts';
import { Recorder } from '../timeline/recorder.ts';

/** What the last exchange that ended has left behind. */
const After = { nothing: 0, exchange: 1, otherProtocol: 2 } as const;

export class LiveRecorder extends Recorder {
  /** By slot: exchanges that are open, and what came of the last one that ended. */
  private readonly openExchanges: number[] = [];
  private readonly after: number[] = [];

  override connectionOpened(slot: number): void {
    this.openExchanges[slot] = 0;
    this.after[slot] = After.nothing;
    super.connectionOpened(slot);
  }

  override openExchange(slot: number, stream: number): ExchangeRecord {
    this.openExchanges[slot]!++;
    return super.openExchange(slot, stream);
  }

  override exchangeEnd(record: ExchangeRecord, unanswered = false): void {
    const { slot } = record;
    this.openExchanges[slot]!--;
    this.after[slot] = leadsOn(record) ? After.otherProtocol : After.exchange;
    super.exchangeEnd(record, unanswered);
  }

  /** The last exchange of this connection has ended, and another one may begin: it is kept alive, no more. */
  isAtRest(slot: number): boolean {
    return this.openExchanges[slot] === 0 && this.after[slot] === After.exchange;
  }
}

/** What follows is a protocol of its own, which may never seem to rest: an upgrade, or a tunnel. */
function leadsOn({ request, response }: ExchangeRecord): boolean {
  const { status } = response.head;
  return status === 101 || (status >= 200 && status < 300 && request.head.isMethod('CONNECT'));
}
