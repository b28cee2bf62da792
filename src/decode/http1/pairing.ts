/**
 * Which request a response answers: the oldest one unanswered (RFC 9112 9.3.2). That holds while every message is seen;
 * where some are missing, one wrong step would shift all later pairs. So:
 *
 * - The client's side lost bytes (`lost`): how many requests are missing is unknown. Those seen before are still answered
 *   in order; responses after that stand alone. A new request is paired again if it comes at a quiet point: no request
 *   unanswered, no response under way. For a client that waits for its answers that is sure. One that was seen to
 *   pipeline must also have had at least as many lone responses as it has sent requests since. Any other request since
 *   the loss stands alone.
 *   In a capture, a client that pipelines sends such a request with others, and their first response begins where what they
 *   acknowledge ends.
 * - The server's side lost bytes: answers to the `doubtful` requests seen before may be missing. A client that does not
 *   pipeline had them all when it sends its next request, so that one closes them as unanswered, and the next response is
 *   its own. Where the client pipelines, or its side lost bytes as well, the server's next response closes all that are
 *   unanswered, stands alone, and pairs are made again from the next quiet point.
 * - Segments say more than their order in the capture: a client sends a request knowing the server's bytes that it
 *   acknowledges with it. So a request is never answered by bytes acknowledged before it; and of `doubtful` requests of a
 *   client that does not pipeline, a response answers the one that acknowledges all before it, since its answer begins
 *   there; what was asked earlier had its answer in missing bytes.
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
  /** The request was not seen. */
  lone = false;
  /** Nothing more of it will come. */
  requestDone = false;
  responseDone = false;
  /** An interim response has come. */
  interim = false;
  /** The final response has begun. */
  answered = false;
  /** The connection went on without a response to it. */
  unanswered = false;
  /** Its end has been told. */
  closed = false;
  /** The server's bytes up to here were there when the request was sent: a sequence number, of no meaning in a tap. */
  acknowledgement = 0;

  constructor(handle: X) {
    this.handle = handle;
  }
}

/** Responses without a request, the last so many of which may yet find theirs. */
const mostLone = 64;
/** Sequence numbers farther apart are not compared: one of them is none. */
const farthest = 1 << 28;

/** Whether a sequence number stands behind another. */
function isBehind(one: number, other: number): boolean {
  const distance = (one - other) | 0;
  return distance > 0 && distance < farthest;
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
  /** Requests may have been in missing bytes, and none has begun since while nothing was under way. */
  mayMissRequests = false;
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
  /** Where the latest of the responses that stood alone began: sequence numbers, in their order. */
  private readonly lone: number[] = [];
  /** What the latest request acknowledged, where there was one. */
  private asked = false;
  private latest = 0;

  reset(lost: boolean, pipelined = false): void {
    if (this.count > 0) this.ring = newRing();
    this.first = this.count = 0;
    this.lost = this.damaged = this.mayMissRequests = lost;
    this.patient = !lost;
    this.pipelined = pipelined;
    this.doubtful = this.loneRequests = this.loneResponses = 0;
    this.lone.length = 0;
    this.asked = false;
  }

  get waiting(): number {
    return this.count;
  }

  /** The request that the next response answers. */
  get oldest(): Exchange<X> | null {
    return this.ring[this.first]!;
  }

  /** Something is missing, or was. */
  get isDamaged(): boolean {
    return this.damaged;
  }

  /** The client was seen to pipeline. */
  get isPipelined(): boolean {
    return this.pipelined;
  }

  /** Whether no more requests can wait: the caller gives up on pairing (`giveUp`). */
  get full(): boolean {
    return this.waiting >= longestQueue;
  }

  /**
   * A request begins. @returns whether it will be paired; else it stands alone
   *
   * @param acknowledgement as in `Exchange`
   */
  admit(responseUnderWay: boolean, acknowledgement: number, sequenced: boolean): boolean {
    const quiet = this.waiting === 0 && !responseUnderWay;
    // One that was sent knowing more than the one before it may have had an answer that is not there yet.
    if (sequenced ? this.asked && !isBehind(acknowledgement, this.latest) : this.waiting > 0) this.pipelined = true;
    this.asked = true;
    this.latest = acknowledgement;
    if (quiet && !this.pipelined) this.mayMissRequests = false;
    const claimed = this.claims(acknowledgement);
    if (!this.lost) return !claimed;
    if (claimed) {
      this.loneRequests++;
      return false;
    }
    // Whose the next response is, the place where it begins will tell.
    if (sequenced && (!this.pipelined || quiet || this.isOfBatch(acknowledgement))) return true;
    if (sequenced) {
      this.loneRequests++;
      return false;
    }
    if (quiet && (!this.pipelined || (this.loneResponses > 0 && this.loneResponses >= this.loneRequests))) {
      this.lost = false;
      return true;
    }
    this.loneRequests++;
    return false;
  }

  /** Whether the request behind this one was sent after this one was answered, and before the response. */
  private knewAnswer(index: number, sequence: number): boolean {
    const mask = this.ring.length - 1;
    const one = this.ring[(this.first + index) & mask]!;
    const { acknowledgement } = this.ring[(this.first + index + 1) & mask]!;
    return !one.interim && isBehind(acknowledgement, one.acknowledgement) && !isBehind(acknowledgement, sequence);
  }

  /** Whether the request was sent with those that wait. */
  private isOfBatch(acknowledgement: number): boolean {
    return this.count > 0 && this.ring[this.first]!.acknowledgement === acknowledgement;
  }

  /** Whether the response is the first one to several requests sent together, all earlier ones having been answered. */
  private beginsBatch(sequence: number): boolean {
    if (this.count < 2 || this.ring[this.first]!.acknowledgement !== sequence) return false;
    return this.ring[(this.first + 1) & (this.ring.length - 1)]!.acknowledgement === sequence;
  }

  /** Whether the request's response has been, and stood alone. */
  private claims(acknowledgement: number): boolean {
    const { lone } = this;
    while (lone.length > 0 && isBehind(acknowledgement, lone[0]!)) lone.shift();
    return lone.shift() !== undefined;
  }

  add(exchange: Exchange<X>): void {
    if (this.count === this.ring.length) this.grow();
    this.ring[(this.first + this.count++) & (this.ring.length - 1)] = exchange;
  }

  /** Nothing waits, and nothing is to be remembered. */
  get isClean(): boolean {
    const settled = !this.lost && !this.mayMissRequests && (this.patient || this.damaged);
    return this.waiting === 0 && settled && this.lone.length === 0;
  }

  /** One request waits, and nothing else is to be remembered. */
  get isSimple(): boolean {
    return this.waiting === 1 && this.patient && !this.lost && !this.pipelined && this.doubtful === 0;
  }

  /** Whether a response has stood alone that the client knew when it sent this acknowledgement. */
  knowsLone(acknowledgement: number): boolean {
    return this.lone.length > 0 && isBehind(acknowledgement, this.lone[0]!);
  }

  /** How many of the doubtful requests a response shows to have been answered before it. */
  passedOver(sequence: number): number {
    if (this.pipelined) return this.lost && !this.beginsBatch(sequence) ? this.count : 0;
    const most = this.damaged ? this.count : 0;
    let count = 0;
    while (count < most) {
      const { acknowledgement, interim } = this.ring[(this.first + count) & (this.ring.length - 1)]!;
      if (interim || !isBehind(sequence, acknowledgement)) break;
      count++;
    }
    // A request that was sent knowing more than this one's place, and less than the response's, knew its answer.
    while (count + 1 < this.count && this.knewAnswer(count, sequence)) count++;
    return count;
  }

  /**
   * The exchange that a response which begins now belongs to; null where it stands alone.
   *
   * @param sequence of the segment that it begins in
   * @param sequenced whether that means something
   */
  answer(sequence: number, sequenced: boolean): Exchange<X> | null {
    const oldest = this.ring[this.first]!;
    this.doubtful = 0;
    const early = this.damaged && sequenced && oldest !== null && isBehind(oldest.acknowledgement, sequence);
    if (oldest !== null && !early) {
      if (sequenced) this.lost = false;
      return this.take();
    }
    this.loneResponses++;
    this.patient = false;
    if (sequenced) {
      if (this.lone.length === mostLone) this.lone.shift();
      this.lone.push(sequence);
    }
    return null;
  }

  /** Takes the oldest request out. */
  take(): Exchange<X> {
    const exchange = this.ring[this.first]!;
    if (this.doubtful > 0) this.doubtful--;
    this.ring[this.first] = null;
    this.first = (this.first + 1) & (this.ring.length - 1);
    this.count--;
    return exchange;
  }

  /** Gives back one whose final response is still to come. */
  putBack(exchange: Exchange<X>): void {
    exchange.interim = true;
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
    this.mayMissRequests = true;
    if (this.lost) return;
    this.lost = true;
    // What is missing is one request at least.
    this.loneRequests = 1;
    this.loneResponses = 0;
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
  serverResumed(sequenced: boolean): number {
    if (this.doubtful === 0 || !(this.pipelined || (this.lost && !sequenced))) return 0;
    this.doubtful = 0;
    this.clientLost();
    this.loneRequests = 0;
    return this.waiting;
  }

  /** Too many requests wait: none of them will be paired. */
  giveUp(): void {
    this.pipelined = true;
    this.clientLost();
  }
}
