/**
 * One HTTP/2 stream: its state (RFC 9113 5.1), seen from outside. Both ends' views are one here: `client-done` is the
 * server's half-closed (remote) and the client's half-closed (local).
 *
 *                    promise                   response
 *             idle ----------> reserved -----------------------.
 *              | request                                       v
 *              |                    client-ends          client-done
 *              '-------> open -----------------------------^   | server-ends
 *                         |   server-ends                      |
 *                         '-----------> server-done            |
 *                                          | client-ends       v
 *        any: reset -> closed              '------------> closed
 *
 * The other side's frames may cross a reset on the way, so `closed` takes everything in silence.
 */
import type { HttpHead } from '../../core/http.ts';
import type { StreamSink } from '../../core/sinks.ts';

export type StreamState = 'idle' | 'reserved' | 'open' | 'client-done' | 'server-done' | 'closed';

export type StreamEvent =
  'request' | 'promise' | 'response' | 'client-data' | 'server-data' | 'client-ends' | 'server-ends' | 'reset';

/** An event that a state does not list is an error of who sent the frame; the state stays. */
export const transitions: Readonly<Record<StreamState, Readonly<Partial<Record<StreamEvent, StreamState>>>>> = {
  // A response on an idle stream: its request was not captured.
  idle: { request: 'open', promise: 'reserved', response: 'client-done' },
  reserved: { response: 'client-done', reset: 'closed' },
  open: {
    response: 'open',
    'client-data': 'open',
    'server-data': 'open',
    'client-ends': 'client-done',
    'server-ends': 'server-done',
    reset: 'closed',
  },
  'client-done': { response: 'client-done', 'server-data': 'client-done', 'server-ends': 'closed', reset: 'closed' },
  'server-done': { 'client-data': 'server-done', 'client-ends': 'closed', reset: 'closed' },
  closed: {},
};

/** `unknown`: the method could not be resolved. */
export type MethodKind = 'other' | 'head' | 'connect' | 'unknown';

/** `X` is the recorder's handle for the exchange. Two-element arrays are by side. */
export class Stream<X> {
  readonly id: number;
  readonly exchange: X;
  state: StreamState = 'idle';
  method: MethodKind = 'other';
  /** The `:protocol` of an extended CONNECT (RFC 8441). */
  protocol: string | undefined;
  /** Whether a message's head was told, and whether its end was. */
  readonly headed: [boolean, boolean] = [false, false];
  readonly ended: [boolean, boolean] = [false, false];
  /** Content announced by Content-Length, -1 where it was not; and content come so far, missing bytes with it. */
  readonly announced: [number, number] = [-1, -1];
  readonly received: [number, number] = [0, 0];
  /** Bytes of this side's message are missing, as far as is known. */
  readonly damaged: [boolean, boolean] = [false, false];
  /** Bytes that each side may still send (RFC 9113 6.9); and since when it may send none, in nanoseconds, -1 while it may. */
  readonly window: [number, number];
  readonly stalledAt: [number, number] = [-1.5, -1.5];
  /** A response head whose status could not be resolved: what comes next tells whether it is an interim one. */
  pending: HttpHead | null = null;
  /** Takes the stream's content once it carries another protocol. */
  tunnel: StreamSink | null = null;
  /** The exchange has ended: what is left is the tunnel. */
  settled = false;

  constructor(id: number, exchange: X, clientWindow: number, serverWindow: number) {
    this.id = id;
    this.exchange = exchange;
    this.window = [clientWindow, serverWindow];
  }

  /** @returns false where the state does not allow it */
  go(event: StreamEvent): boolean {
    const next = transitions[this.state][event];
    if (next === undefined) return this.state === 'closed';
    this.state = next;
    return true;
  }
}
