/**
 * What a closed connection lets guess: how often the client spoke and the server answered, how much, and whether it was
 * HTTP/2. An estimate: TLS 1.3 hides which records are content, padding hides sizes.
 */
import { client, server, type Side } from '../../core/side.ts';
import type { TlsEstimate } from '../../core/tls.ts';

/** An HTTP/2 client begins with 24 octets of preface and its settings, often a window update (RFC 9113 3.4). */
const shortestOpening = 24 + 9;
const longestOpening = 24 + 9 + 10 * 6 + 13;

export class Turns {
  private turns = 0;
  private last: Side | -1 = -1;
  private readonly bytes: [number, number] = [0, 0];
  private firstOfClient = -1;
  /** The client went on after its first record before the server had answered. */
  private clientWentOn = false;

  /** @param length bytes of content in a closed record, about */
  record(side: Side, length: number): void {
    this.bytes[side] += length;
    if (side === client) {
      if (this.firstOfClient < 0) this.firstOfClient = length;
      else if (this.turns === 1 && this.last === client) this.clientWentOn = true;
      if (this.last !== client) this.turns++;
    }
    this.last = side;
  }

  estimate(agreed: string | undefined, offered: readonly string[]): TlsEstimate | undefined {
    if (this.last === -1) return undefined;
    const protocol = agreed === undefined ? this.protocol(offered) : known(agreed);
    return { protocol, turns: this.turns, client: this.bytes[client], server: this.bytes[server] };
  }

  private protocol(offered: readonly string[]): TlsEstimate['protocol'] {
    if (offered.length > 0 && !offered.includes('h2')) return known(offered[0]!);
    const { firstOfClient } = this;
    const opening = firstOfClient >= shortestOpening && firstOfClient <= longestOpening && this.clientWentOn;
    if (offered.includes('h2') && opening) return 'h2';
    return offered.length > 0 ? 'http/1.1' : 'unknown';
  }
}

function known(name: string): TlsEstimate['protocol'] {
  return name === 'h2' || name === 'http/1.1' ? name : 'unknown';
}
