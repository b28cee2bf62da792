/** TLS connections by what became of them: decrypted, or the reason why not. */
import type { TlsJson } from '../timeline/trace-format.ts';

/** Reasons kept by name; a hostile capture does not get to add more. */
const reasonLimit = 40;
/** Places: in the stream, in a key log. */
const leftOut = / at byte \d+ of the (client|server)(?= took|$)|(?<=^key log line malformed):.*$/;

export class TlsLedger {
  count = 0;
  decrypted = 0;
  /** Decrypted, but for a part. */
  partly = 0;
  /** Connections that were not, by reason; places are left out of it. */
  readonly reasons = new Map<string, number>();

  add(tls: TlsJson): void {
    this.count++;
    const { reason } = tls;
    if (tls.decrypted) this.decrypted++;
    if (tls.decrypted && reason !== undefined) this.partly++;
    if (tls.decrypted) return;
    const name = (reason ?? 'for no known reason').replace(leftOut, '');
    const known = this.reasons.get(name);
    if (known !== undefined || this.reasons.size < reasonLimit) this.reasons.set(name, (known ?? 0) + 1);
  }
}
