/** What a protocol is to the rest of the analyzer, and what the analyzer offers to a protocol's decoder. */
import type { HttpHead } from '../core/http.ts';
import type { Side } from '../core/side.ts';
import type { StreamSink } from '../core/sinks.ts';

/**
 * What a decoder may ask of the stack it runs in. `connection` is a slot in the connection table, valid while the
 * connection is open.
 */
export interface ProtocolHost<X> {
  /**
   * The connection changes protocol after a 101 response (RFC 9110 7.8). The caller gives everything that follows on
   * this connection, both sides, to the sink returned, glued bytes first.
   *
   * @param token the response's Upgrade value, as sent
   * @param exchange the exchange that carried the upgrade
   * @param response borrowed; the agreed subprotocol and extensions stand in it
   * @param offsets stream offsets of each side's first byte of the new protocol
   */
  switchProtocol(
    connection: number,
    token: string,
    exchange: X,
    response: HttpHead,
    offsets: readonly [number, number],
  ): StreamSink;
  /** As above, after a 2xx response to CONNECT (RFC 9110 9.3.6): what follows is identified anew. */
  tunnel(connection: number): StreamSink;
  /**
   * A decoder with nothing in its hands (between messages) gives itself back; one of the same protocol is lent when the
   * connection goes on. Keeps a million idle connections small, and the decoders at work few enough to stay in the
   * processor's caches.
   *
   * @param unanswered what is to be remembered of the connection, for the next decoder: the request that waits
   * @param pipelined to be remembered, too: the client has sent requests without waiting for answers
   */
  rest(connection: number, unanswered: object | null, pipelined: boolean): void;
  /** Whether later bytes of this side have come, and wait for missing ones. */
  waits(connection: number, side: Side): boolean;
}

/** What the decoder of a protocol with streams may ask. */
export interface StreamHost {
  /**
   * One stream of a multiplexed connection changes protocol (RFC 9113 8.5, RFC 8441): its content, both sides, goes to the sink returned
   * from here on. Null where nothing here reads that protocol.
   *
   * @param protocol the request's `:protocol`; empty where it has none: a tunnel to anywhere
   * @param response borrowed
   */
  switchStream(connection: number, stream: number, protocol: string, response: HttpHead): StreamSink | null;
}

/** What a protocol makes of a connection's first bytes. */
export type Likeness = 'yes' | 'no' | 'more';

export interface Protocol {
  /** As in the trace format's `protocols`: `http/1.1`, `websocket`, `tls`, `h2`. */
  readonly name: string;
  /** Told from the first bytes of one side. `more` only where fewer than 64 bytes are there. */
  looksLike(side: Side, data: Uint8Array, start: number, end: number): Likeness;
}
