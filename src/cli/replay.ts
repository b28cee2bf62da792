/**
 * A capture file read again, for one exchange, one message or a few packets that somebody looks at: only the packets from
 * the connection's first to the last that is needed are decoded, everything before them is walked over.
 */
import { Moment } from '../core/moment.ts';
import type { DiagnosticSink, PacketSink } from '../core/sinks.ts';
import { client, server, type Side } from '../core/side.ts';
import { endpointText } from '../core/address.ts';
import { i32, u16 } from '../core/bytes.ts';
import type { SegmentSink } from '../decode/ip/segment-sink.ts';
import { LinkLayer } from '../decode/link/link-layer.ts';
import { openSource } from '../source/source.ts';
import { exchangeDetail, payloadDetail } from '../timeline/details.ts';
import type { DetailSource, ExchangeDetail, PacketDetail, PayloadDetail, Place } from '../timeline/details.ts';
import type { CaptureFacts, ExchangeRecord, MessageRecord, RecordSink } from '../timeline/records.ts';
import { analyzeTo, defaultMaxBody, type AnalyzeOptions } from './analyze.ts';
import { exchangeJson } from './exchange-json.ts';

/** Packets of one message that are shown. */
const mostPackets = 200;
/** Packets behind the last one that are decoded as well: an exchange may end with what comes after its bytes. */
const afterwards = 16;

export type ReplayOptions = Pick<AnalyzeOptions, 'keys' | 'reader' | 'maxBody'>;

export class Replay implements DetailSource {
  private readonly path: string;
  private readonly options: ReplayOptions;

  constructor(path: string, options: ReplayOptions) {
    this.path = path;
    this.options = options;
  }

  async exchange(place: Place, _row: number, signal: AbortSignal): Promise<ExchangeDetail | undefined> {
    let found: ExchangeDetail | undefined;
    await this.find(place, signal, (record) => {
      found = exchangeDetail(record);
    });
    return found;
  }

  async json(place: Place, _id: number, signal: AbortSignal): Promise<string | undefined> {
    let facts: CaptureFacts | undefined;
    let found: string | undefined;
    await this.find(
      place,
      signal,
      (record) => {
        found = exchangeJson(record, facts!, this.options.maxBody ?? defaultMaxBody);
      },
      (known) => {
        facts = known;
      },
    );
    return found;
  }

  async message(place: Place, side: Side, _row: number, signal: AbortSignal): Promise<PayloadDetail | undefined> {
    let found: PayloadDetail | undefined;
    let nth = 0;
    const message = (record: MessageRecord): void => {
      if (found !== undefined || record.side !== side || record.firstPacket !== place.firstPacket) return;
      if (isOn(record, place) && nth++ === place.nth) found = payloadDetail(record);
    };
    await this.read(place, signal, { message });
    return found;
  }

  async conversation(place: Place, take: (record: MessageRecord) => void, signal: AbortSignal): Promise<void> {
    const message = (record: MessageRecord): void => {
      if (record.kind !== 'event' && isOn(record, place)) take(record);
    };
    await this.read(place, signal, { message });
  }

  async packets(place: Place, signal: AbortSignal): Promise<readonly PacketDetail[]> {
    const moment = new Moment();
    const diagnostics: DiagnosticSink = { report() {} };
    const source = await openSource(this.path, { moment, diagnostics, signal });
    const collector = new Collector(place, moment, diagnostics);
    await source.run(collector, () => {
      if (moment.packet > place.lastPacket || signal.aborted) void source.close();
    });
    return collector.found;
  }

  private async find(
    place: Place,
    signal: AbortSignal,
    take: (record: ExchangeRecord) => void,
    capture: RecordSink['capture'] = () => {},
  ): Promise<void> {
    let nth = 0;
    let taken = false;
    const exchange = (record: ExchangeRecord): void => {
      if (taken) return;
      const first = record.request.present ? record.request.firstPacket : record.response.firstPacket;
      if (first !== place.firstPacket || !isOn(record, place) || nth++ !== place.nth) return;
      taken = true;
      take(record);
    };
    await this.read(place, signal, { exchange, capture });
  }

  private async read(place: Place, signal: AbortSignal, handlers: Partial<RecordSink>): Promise<void> {
    const sink: RecordSink = { ...nothing, ...handlers };
    const from = place.connectionPacket > 0 ? Math.min(place.connectionPacket, place.firstPacket) : 1;
    await analyzeTo(this.path, [sink], {
      ...this.options,
      packets: { from, to: place.lastPacket + afterwards },
      betweenBlocks: () => {
        if (signal.aborted) throw new Abandoned();
        return new Promise((resolve) => void setImmediate(resolve));
      },
    });
  }
}

/** Nobody looks any more. */
class Abandoned extends Error {}

const nothing: RecordSink = {
  capture() {},
  connection() {},
  exchange() {},
  upgrade() {},
  frame() {},
  message() {},
  diagnostic() {},
  summary() {},
};

function isOn(record: ExchangeRecord | MessageRecord, place: Place): boolean {
  return record.stream === place.stream && record.client === place.client && record.server === place.server;
}

/** Copies the packets of one connection. */
class Collector implements PacketSink, SegmentSink {
  readonly found: PacketDetail[] = [];
  private readonly place: Place;
  private readonly moment: Moment;
  private readonly link: LinkLayer;
  private readonly words = new Int32Array(8);
  private data: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;
  private wireLength = 0;

  constructor(place: Place, moment: Moment, diagnostics: DiagnosticSink) {
    this.place = place;
    this.moment = moment;
    this.link = new LinkLayer(this, diagnostics, moment);
  }

  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    const { packet } = this.moment;
    if (packet < this.place.firstPacket || packet > this.place.lastPacket || this.found.length >= mostPackets) return;
    this.data = data;
    this.start = start;
    this.end = end;
    this.wireLength = wireLength;
    this.link.packet(data, start, end, linkType, wireLength);
  }

  secrets(): void {}

  segment(data: Uint8Array, ipStart: number, ipVersion: 4 | 6, start: number, end: number): void {
    if (end - start < 20) return;
    const source = this.endpoint(data, ipVersion, ipVersion === 4 ? ipStart + 12 : ipStart + 8, u16(data, start));
    const target = this.endpoint(data, ipVersion, ipVersion === 4 ? ipStart + 16 : ipStart + 24, u16(data, start + 2));
    const ends = this.place;
    const side = source === ends.client && target === ends.server ? client : source === ends.server && target === ends.client ? server : -1;
    if (side < 0) return;
    // A datagram put together from fragments does not lie in the packet.
    const own = data === this.data && start >= this.start && end <= this.end;
    const bytes = own ? data.slice(this.start, this.end) : data.slice(ipStart, end);
    const base = own ? this.start : ipStart;
    const payload = Math.min(end, start + (data[start + 12]! >> 4) * 4);
    if (payload === end) return;
    this.found.push({
      packet: this.moment.packet,
      time: this.moment.time,
      side: side as Side,
      data: bytes,
      tcp: start - base,
      payload: payload - base,
      end: end - base,
      wireLength: this.wireLength,
    });
  } // prettier-ignore

  private endpoint(data: Uint8Array, ipVersion: 4 | 6, at: number, port: number): string {
    const count = ipVersion === 4 ? 1 : 4;
    for (let i = 0; i < count; i++) this.words[i] = i32(data, at + i * 4);
    return endpointText(ipVersion, this.words, 0, port);
  }
}
