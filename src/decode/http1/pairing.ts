/**
 * Which request a response answers: the oldest one unanswered (RFC 9112 9.3.2). That holds while every message is seen;
 * where some are missing, one wrong step would shift all later pairs. So:
 *
 * - The client's side lost bytes (`lost`): how many requests are missing is unknown. Those seen before are still answered
 *   in order; responses after that stand alone. A new request is paired again if it comes at a quiet point: no request
 *   unanswered, no response under way. For a client that waits for its answers that is sure. One that was seen to
 *   pipeline must also have had at least as many lone responses as it has sent requests since. Any other request since
 *   the loss stands alone.
 * - The server's side lost bytes: answers to the `doubtful` requests seen before may be missing. A client that does not
 *   pipeline had them all when it sends its next request, so that one closes them as unanswered, and the next response is
 *   its own. Where the client pipelines, or its side lost bytes as well, the server's next response closes all that are
 *   unanswered, stands alone, and pairs are made again from the next quiet point.
 * - Nothing is missing, but a response comes before its request was seen: the order in which packets of two directions are
 *   captured is not always theirs. It may wait for the request (`patient`), though not twice without a pair in good order
 *   between: a response too many would otherwise shift all later pairs as well.
 */
import type { MethodKind } from './body-framing.ts';

/** Requests waiting for their response. */
const longestQueue = 10_000;

export class Exchange<X> {
  readonly handle: X;
  /** `other` where the request was not seen. */
  method: MethodKind = 'other';
  /** HTTP/0.9: the response may have no head. */
  simple = false;
  /** What follows the request may be another protocol, if the response says so: Upgrade or CONNECT. */
  upgrade = false;
  /** The request waits for 100 (Continue) before its content. */
  expects = false;
  /** Nothing more of it will come. */
  requestDone = false;
  responseDone = false;
  /** The final response has begun. */
  answered = false;
  /** The connection went on without a response to it. */
  unanswered = false;
  /** Its end has been told. */
  closed = false;

  constructor(handle: X) {
    this.handle = handle;
  }
}

function newRing<X>(): (Exchange<X> | null)[] {
  return [null, null, null, null];
}

export class Pairing<X> {
  /** A ring, a power of two long: the requests that wait are `count` from `first` on. */
  private ring: (Exchange<X> | null)[] = newRing();
  private first = 0;
  private count = 0;
  /** Requests are missing, or may be: see above. */
  lost = false;
  /** A response without a request may wait for it. */
  patient = true;
  /** Something was missing at some time. */
  private damaged = false;
  /** The client has sent a request while an earlier one was wholly unanswered. */
  private pipelined = false;
  /** How many of the oldest requests may have had their response in missing bytes. */
  private doubtful = 0;
  /** Requests and responses that stood alone since the loss. */
  private loneRequests = 0;
  private loneResponses = 0;

  reset(lost: boolean): void {
    if (this.count > 0) this.ring = newRing();
    this.first = this.count = 0;
    this.lost = this.damaged = lost;
    this.patient = !lost;
    this.pipelined = false;
    this.doubtful = this.loneRequests = this.loneResponses = 0;
  }

  get waiting(): number {
    return this.count;
  }

  /** The request that the next response answers. */
  get oldest(): Exchange<X> | null {
    return this.ring[this.first]!;
  }

  /** Whether no more requests can wait: the caller gives up on pairing (`giveUp`). */
  get full(): boolean {
    return this.waiting >= longestQueue;
  }

  /** A request begins. @returns whether it will be paired; else it stands alone */
  admit(responseUnderWay: boolean): boolean {
    const quiet = this.waiting === 0 && !responseUnderWay;
    if (!this.lost) {
      if (this.waiting > 0) this.pipelined = true;
      return true;
    }
    if (quiet && (!this.pipelined || (this.loneResponses > 0 && this.loneResponses >= this.loneRequests))) {
      this.lost = false;
      return true;
    }
    this.loneRequests++;
    return false;
  }

  add(exchange: Exchange<X>): void {
    if (this.count === this.ring.length) this.grow();
    this.ring[(this.first + this.count++) & (this.ring.length - 1)] = exchange;
  }

  /** Nothing waits, and nothing is to be remembered. */
  get isClean(): boolean {
    return this.waiting === 0 && !this.lost && (this.patient || this.damaged);
  }

  /** One request waits, and nothing else is to be remembered. */
  get isSimple(): boolean {
    return this.waiting === 1 && this.patient && !this.lost && !this.pipelined && this.doubtful === 0;
  }

  /** The exchange that a response which begins now belongs to; null where it stands alone. */
  take(): Exchange<X> | null {
    const exchange = this.ring[this.first]!;
    if (exchange === null) {
      this.loneResponses++;
      this.patient = false;
      return null;
    }
    if (this.doubtful > 0) this.doubtful--;
    this.ring[this.first] = null;
    this.first = (this.first + 1) & (this.ring.length - 1);
    this.count--;
    return exchange;
  }

  /** Gives back one whose final response is still to come. */
  putBack(exchange: Exchange<X>): void {
    if (this.count === this.ring.length) this.grow();
    this.first = (this.first - 1) & (this.ring.length - 1);
    this.ring[this.first] = exchange;
    this.count++;
  }

  private grow(): void {
    const inOrder = [...this.ring.slice(this.first), ...this.ring.slice(0, this.first)];
    this.ring = [...inOrder, ...inOrder.map(() => null)];
    this.first = 0;
  }

  clientLost(): void {
    this.damage();
    if (this.lost) return;
    this.lost = true;
    this.loneRequests = this.loneResponses = 0;
  }

  /** Bytes of the server were missing or could not be read. */
  serverLost(): void {
    this.damage();
    this.doubtful = this.waiting;
  }

  private damage(): void {
    this.damaged = true;
    this.patient = false;
  }

  /** A response has begun after its request, as it should. */
  inOrder(): void {
    this.patient = !this.damaged;
  }

  /** How many of the oldest requests a new request proves to be answered in missing bytes. */
  answeredUnseen(): number {
    return this.pipelined ? 0 : this.doubtful;
  }

  /** The server's bytes can be read again. @returns how many requests can no longer be paired */
  serverResumed(): number {
    const doubtful = this.doubtful;
    this.doubtful = 0;
    if (doubtful === 0 || !(this.pipelined || this.lost)) return 0;
    this.clientLost();
    return this.waiting;
  }

  /** Too many requests wait: none of them will be paired. */
  giveUp(): void {
    this.pipelined = true;
    this.clientLost();
  }
}
