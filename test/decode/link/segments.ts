/** Takes what the link and IP layers deliver and report, as lines of text. */
import { i32, u16, u32 } from '../../../src/core/bytes.ts';
import { Moment } from '../../../src/core/moment.ts';
import { endpointText } from '../../../src/core/address.ts';
import type { DiagnosticSink } from '../../../src/core/sinks.ts';
import { LinkLayer } from '../../../src/decode/link/link-layer.ts';
import type { SegmentSink } from '../../../src/decode/ip/segment-sink.ts';

/** `10.0.0.1:40000 > 10.0.0.2:80 seq 7 "text"`, ` +N missing` behind it where the snap length cut. */
export class Segments implements SegmentSink, DiagnosticSink {
  readonly moment = new Moment();
  readonly lines: string[] = [];
  readonly reports: string[] = [];
  readonly link = new LinkLayer(this, this, this.moment);

  /** Gives a packet, with poison around it: a byte read outside shows. */
  give(bytes: Uint8Array, linkType = 1, wireLength = bytes.length, poison = 0xa5): this {
    const around = new Uint8Array(bytes.length + 2 * margin).fill(poison);
    around.set(bytes, margin);
    this.moment.packet++;
    this.link.packet(around, margin, margin + bytes.length, linkType, wireLength);
    return this;
  }

  /** All there is to tell runs apart by. */
  get outcome(): unknown {
    const { otherFrames, otherIpPackets, unknownPackets } = this.link;
    return { lines: this.lines, reports: this.reports, otherFrames, otherIpPackets, unknownPackets };
  }

  segment(data: Uint8Array, ipStart: number, version: 4 | 6, start: number, end: number, missing: number): void {
    if (end - start < 20) {
      this.lines.push(`short segment: ${end - start} bytes +${missing} missing`);
      return;
    }
    const words = new Int32Array(8);
    const at = ipStart + (version === 4 ? 12 : 8);
    for (let i = 0; i < (version === 4 ? 2 : 8); i++) words[i] = i32(data, at + i * 4);
    const src = endpointText(version, words, 0, u16(data, start));
    const dst = endpointText(version, words, version === 4 ? 1 : 4, u16(data, start + 2));
    const text = Buffer.from(data.subarray(start + (data[start + 12]! >>> 4) * 4, end)).toString('latin1');
    this.lines.push(
      `${src} > ${dst} seq ${u32(data, start + 4)} ${JSON.stringify(text)}${missing > 0 ? ` +${missing} missing` : ''}`,
    );
  }

  report(code: string, connection: number, side: number, _offset: number, detail = ''): void {
    if (connection !== -1 || side !== -1) throw new Error('packets belong to no connection');
    this.reports.push(`${code}: ${detail}`);
  }
}

const margin = 64;
