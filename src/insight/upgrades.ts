/** Attempts to change protocol, how each came out, and the URL it was made to. */
import type { ExchangeRecord, UpgradeRecord } from '../timeline/records.ts';
import type { UpgradeJson } from '../timeline/trace-format.ts';
import { isUpgradeAttempt } from '../timeline/upgrade-checks.ts';

export interface UpgradeEntry {
  readonly connection: number;
  readonly exchange: number;
  readonly outcome: UpgradeJson['outcome'];
  readonly protocol: string;
  readonly verdict: string;
  url: string | undefined;
}

const longestText = 1024;

export class Upgrades {
  count = 0;
  readonly outcomes: Record<UpgradeJson['outcome'], number> = { accepted: 0, refused: 0, unanswered: 0, invalid: 0 };
  private readonly capacity: number;
  private readonly kept: UpgradeEntry[] = [];
  /** URLs of exchanges that asked for an upgrade whose record has not come yet, and entries that wait for their URL. */
  private readonly urls = new Map<number, string>();
  private readonly waiting = new Map<number, UpgradeEntry>();

  /** @param capacity upgrades that are kept one by one: the first that come; the rest are counted */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  upgrade(record: UpgradeRecord): void {
    this.count++;
    this.outcomes[record.outcome]++;
    if (this.kept.length === this.capacity) return;
    const { connection, exchange, outcome } = record;
    const protocol = record.protocol.slice(0, longestText);
    const verdict = record.verdict.slice(0, longestText);
    const url = this.urls.get(exchange);
    const entry = { connection, exchange, outcome, protocol, verdict, url };
    this.kept.push(entry);
    if (url === undefined) this.waiting.set(exchange, entry);
    else this.urls.delete(exchange);
  }

  exchange(record: ExchangeRecord): void {
    if (!record.request.present || !isUpgradeAttempt(record.request.head)) return;
    const waiting = this.waiting.get(record.id);
    if (waiting !== undefined) {
      waiting.url = record.url.slice(0, longestText);
      this.waiting.delete(record.id);
    } else if (this.kept.length < this.capacity && this.urls.size < this.capacity) {
      this.urls.set(record.id, record.url.slice(0, longestText));
    }
  }

  /** In the order they came. */
  entries(): readonly UpgradeEntry[] {
    return this.kept;
  }
}
