/** What an exchange is as a gRPC call: its method, its messages counted, its status. */
import { latin1 } from '../core/bytes.ts';
import { KnownField, findField, offsetsPerField, type HttpHead } from '../core/http.ts';
import type { Side } from '../core/side.ts';
import type { GrpcSink } from '../core/sinks.ts';
import type { HttpMessage } from './records.ts';
import type { GrpcJson } from './trace-format.ts';

/** Content whose structure is read while it passes, told by its type. */
export type Structure = 'none' | 'events' | 'grpc';

/** Messages of one call, by side. */
export class GrpcCounts {
  readonly messages: [number, number] = [0, 0];
  readonly bytes: [number, number] = [0, 0];
  readonly compressed: [number, number] = [0, 0];
  readonly cut: [boolean, boolean] = [false, false];
  /** gRPC-Web: trailers that came as content. */
  readonly trailers: (readonly [string, string])[] = [];
}

/** One side's messages, counted. */
export class GrpcCounter implements GrpcSink {
  private readonly counts: GrpcCounts;
  private readonly side: Side;

  constructor(counts: GrpcCounts, side: Side) {
    this.counts = counts;
    this.side = side;
  }

  grpcMessage(length: number, compressed: boolean): void {
    this.counts.messages[this.side]++;
    this.counts.bytes[this.side] += length;
    if (compressed) this.counts.compressed[this.side]++;
  }

  grpcTrailers(data: Uint8Array, start: number, end: number): void {
    for (const line of latin1(data, start, end).split(/\r?\n/)) {
      const colon = line.indexOf(':');
      if (colon > 0) this.counts.trailers.push([line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
    }
  }

  grpcCut(): void {
    this.counts.cut[this.side] = true;
  }
}

const eventStream = Buffer.from('text/event-stream');
const grpc = Buffer.from('application/grpc');

/** `application/grpc`, `application/grpc+proto`, `application/grpc-web` ...; asked of every head. */
export function structureOf(head: HttpHead): Structure {
  const at = findField(head, KnownField.contentType) * offsetsPerField;
  if (at < 0) return 'none';
  const start = head.offsets[at + 2]!;
  const end = head.offsets[at + 3]!;
  const first = head.data[start]! | 0x20;
  if (first === 0x74) return begins(head.data, start, end, eventStream) ? 'events' : 'none';
  return first === 0x61 && begins(head.data, start, end, grpc) ? 'grpc' : 'none';
}

function begins(data: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start < word.length) return false;
  for (let i = 0; i < word.length; i++) {
    const c = data[start + i]!;
    if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== word[i]) return false;
  }
  // `application/grpcx` is another type.
  const after = start + word.length < end ? data[start + word.length]! | 0x20 : 0x20;
  return after < 0x61 || after > 0x7a;
}

/** The call as the trace format has it. */
export function grpcJson(counts: GrpcCounts, request: HttpMessage, response: HttpMessage): GrpcJson {
  const slash = request.target.lastIndexOf('/');
  const status = finalField(counts, response, 'grpc-status');
  const message = finalField(counts, response, 'grpc-message');
  const both = ([client, server]: readonly [number, number]): { client: number; server: number } => ({
    client,
    server,
  });
  return {
    ...(slash > 0 && { service: request.target.slice(1, slash), method: request.target.slice(slash + 1) }),
    ...(status !== undefined && /^\d{1,9}$/.test(status) && { status: Number(status) }),
    ...(message !== undefined && { message: percentDecoded(message) }),
    messages: both(counts.messages),
    bytes: both(counts.bytes),
    compressed: both(counts.compressed),
  };
}

/** From the trailers, those in the content with them; from the head where that is all there is of the response. */
function finalField(counts: GrpcCounts, response: HttpMessage, name: string): string | undefined {
  const named = ([field]: readonly [string, string]): boolean => field === name;
  return (response.trailers.find(named) ??
    counts.trailers.find(named) ??
    (response.present ? response.headers.find(named) : undefined))?.[1];
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
