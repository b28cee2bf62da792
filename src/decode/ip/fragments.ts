/**
 * The datagrams that wait for fragments (RFC 791 3.2, RFC 8200 4.5), bounded in number, in bytes and in time. When a
 * bound is met the oldest gives way. Rare by nature, so it may allocate.
 *
 * The memory of a datagram handed over is never used again: whoever took it may hold on to it.
 */
import { latin1 } from '../../core/bytes.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import type { Moment } from '../../core/moment.ts';
import type { DiagnosticSink } from '../../core/sinks.ts';
import { Datagram, largestDatagram, Placement } from './datagram.ts';

export interface FragmentLimits {
  /** Datagrams that wait at once. */
  readonly datagrams: number;
  /** Bytes they hold together. */
  readonly bytes: number;
  /** Nanoseconds of capture time from a datagram's first fragment; after it the rest is not waited for. */
  readonly time: number;
}

export const defaultFragmentLimits: FragmentLimits = { datagrams: 256, bytes: 4 * 1024 * 1024, time: 30e9 };

/** Datagrams just put together that are remembered, to know late duplicates of their fragments. */
const remembered = 64;

export class Fragments {
  private readonly diagnostics: DiagnosticSink;
  private readonly moment: Moment;
  private readonly limits: FragmentLimits;
  /** By key, in the order of their first fragments. */
  private readonly waiting = new Map<string, Datagram>();
  /** Keys of datagrams handed over, oldest first. */
  private readonly finished = new Set<string>();
  private bytes = 0;

  constructor(diagnostics: DiagnosticSink, moment: Moment, limits = defaultFragmentLimits) {
    this.diagnostics = diagnostics;
    this.moment = moment;
    this.limits = limits;
  }

  /**
   * Takes a fragment; the datagram, where this makes it whole: an IP header in front, `bytes[0, end)` to be read.
   *
   * @param offset bytes; a multiple of 8
   * @param more another fragment follows this one
   * @param missing bytes of the fragment behind `end` that the snap length cut off
   */
  add(
    version: 4 | 6,
    data: Uint8Array,
    ipStart: number,
    id: number,
    protocol: number,
    offset: number,
    more: boolean,
    start: number,
    end: number,
    missing: number,
  ): Datagram | null {
    const length = end - start + missing;
    if (length === 0 || (more && (length & 7) !== 0) || offset + length > largestDatagram) {
      this.report('ip.malformed', `a fragment of ${length} bytes at offset ${offset}`);
      return null;
    }
    this.expire();
    const key = version === 4 ? ipv4Key(data, ipStart, id, protocol) : ipv6Key(data, ipStart, id);
    const datagram = this.waiting.get(key) ?? this.begin(key, version, id);
    const size = datagram.size;
    const placement = datagram.place(offset, length, !more, data, start, end);
    this.bytes += datagram.size - size;
    this.judge(datagram, placement, offset, length);
    if (offset === 0 && placement !== Placement.contradiction) datagram.writeHeader(data, ipStart, protocol);
    if (datagram.complete) return this.hand(key, datagram);
    this.makeRoom();
    return null;
  }

  /** The capture is over. */
  finish(): void {
    for (const [key, datagram] of this.waiting) this.giveUp(key, datagram, 'ip.fragment-incomplete');
  }

  private begin(key: string, version: 4 | 6, id: number): Datagram {
    const repeated = this.finished.delete(key);
    const datagram = new Datagram(version, id, this.moment.time, this.moment.packet, repeated);
    this.waiting.set(key, datagram);
    return datagram;
  }

  private hand(key: string, datagram: Datagram): Datagram {
    this.drop(key, datagram);
    this.finished.add(key);
    if (this.finished.size > remembered) {
      for (const oldest of this.finished) {
        this.finished.delete(oldest);
        break;
      }
    }
    datagram.seal();
    return datagram;
  }

  private judge(datagram: Datagram, placement: Placement, offset: number, length: number): void {
    if (placement === Placement.contradiction) {
      this.report('ip.malformed', `a fragment reaches to byte ${offset + length}, another one sets a different end`);
    } else if (placement === Placement.overlap && !datagram.overlapped) {
      datagram.overlapped = true;
      this.report('ip.fragment-overlap', `${name(datagram)}: ${length} bytes at offset ${offset}`);
    }
  }

  private expire(): void {
    for (const [key, datagram] of this.waiting) {
      if (this.moment.time - datagram.startedAt <= this.limits.time) return;
      this.giveUp(key, datagram, 'ip.fragment-incomplete');
    }
  }

  private makeRoom(): void {
    for (const [key, datagram] of this.waiting) {
      if (this.waiting.size <= this.limits.datagrams && this.bytes <= this.limits.bytes) return;
      this.giveUp(key, datagram, 'ip.fragment-limit');
    }
  }

  private giveUp(key: string, datagram: Datagram, code: DiagnosticCode): void {
    this.drop(key, datagram);
    if (datagram.repeated) return;
    const expected = datagram.length < 0 ? 'an unknown number of' : String(datagram.length);
    this.report(code, `${name(datagram)}: ${datagram.arrived} of ${expected} bytes`);
  }

  private drop(key: string, datagram: Datagram): void {
    this.waiting.delete(key);
    this.bytes -= datagram.size;
  }

  private report(code: DiagnosticCode, detail: string): void {
    this.diagnostics.report(code, -1, -1, this.moment.position, detail);
  }
}

/** Source, destination, protocol and identification tell datagrams apart (RFC 791 3.2). */
function ipv4Key(data: Uint8Array, ipStart: number, id: number, protocol: number): string {
  return `${latin1(data, ipStart + 12, ipStart + 20)}${protocol},${id}`;
}

/** In IPv6 the next header does not count: only the first fragment's is heeded (RFC 8200 4.5). */
function ipv6Key(data: Uint8Array, ipStart: number, id: number): string {
  return `${latin1(data, ipStart + 8, ipStart + 40)}${id}`;
}

function name(datagram: Datagram): string {
  return `IPv${datagram.version} datagram 0x${datagram.id.toString(16)} begun in packet ${datagram.startedIn}`;
}
