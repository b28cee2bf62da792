/**
 * What a byte of payload costs by HTTP and by WebSocket in this capture: heads or frame headers, TCP and IP headers,
 * per exchange and per message. Packets are counted with headers of 40 bytes (IPv4) or 60 (IPv6), options left out.
 * What a connection with streams of both carried is shared out: bytes by bytes, packets by the segments that heads, frames
 * and content fill.
 */
import { client, server } from '../core/side.ts';
import { isUpgradeAttempt } from '../timeline/upgrade-checks.ts';
import type { ConnectionRecord, ExchangeRecord, FrameRecord, MessageRecord } from '../timeline/records.ts';

const perSlot = 4;
/** Bytes of content in a segment of Ethernet. */
const segment = 1400;

export class Cost {
  connections = 0;
  /** Exchanges, or messages of data. */
  units = 0;
  payload = 0;
  /** The payload as it was before compression. */
  plain = 0;
  /** Heads; or frame headers with masking keys. */
  framing = 0;
  packets = 0;
  packetHeaders = 0;
  /** Waits of one round trip: TCP and TLS handshakes, exchanges; a message of an open WebSocket takes half of one. */
  roundTrips = 0;
  /** Bytes TCP carried, retransmissions included. */
  carried = 0;

  /** TLS records, chunk framing, retransmissions: what TCP carried beyond all that is counted. */
  get between(): number {
    return Math.max(0, this.carried - this.payload - this.framing);
  }

  get overhead(): number {
    return this.framing + this.between + this.packetHeaders;
  }
}

export class TransferCost {
  readonly http: Cost = new Cost();
  readonly webSocket: Cost = new Cost();
  /** Heads of the handshakes that opened WebSockets. */
  handshakes = 0;
  handshakeBytes = 0;

  /** By slot: bytes of exchanges and of WebSockets in streams of one connection, then the segments of both. */
  private streams = new Float64Array(256);

  exchange(record: ExchangeRecord): void {
    const { request, response } = record;
    const heads = (request.present ? request.head.size : 0) + (response.present ? response.head.size : 0);
    const opens = opensWebSocket(record);
    if (record.stream >= 0) {
      this.addToStreams(record.slot, opens ? 1 : 0, opens ? heads : heads + request.bodyBytes + response.bodyBytes, 2);
    }
    if (opens) {
      this.handshakes++;
      this.handshakeBytes += heads;
      this.webSocket.framing += heads;
      this.webSocket.roundTrips++;
      return;
    }
    this.http.units++;
    this.http.roundTrips++;
    this.http.framing += heads;
    this.http.payload += request.bodyBytes + response.bodyBytes;
    this.http.plain += request.decodedBytes + response.decodedBytes;
  }

  frame(record: FrameRecord): void {
    this.webSocket.framing += record.headerLength + (record.opcode >= 8 ? record.payloadLength : 0);
    if (record.stream >= 0) this.addToStreams(record.slot, 1, record.headerLength + record.payloadLength, 1);
  }

  message(record: MessageRecord): void {
    // What was cut says how long it was to be, not what came.
    if ((record.kind !== 'text' && record.kind !== 'binary') || !record.complete) return;
    this.webSocket.units++;
    this.webSocket.roundTrips += 0.5;
    this.webSocket.payload += record.wireLength;
    this.webSocket.plain += record.length;
  }

  connection(record: ConnectionRecord): void {
    const webSocket = record.protocols.includes('websocket');
    if (!webSocket && !record.protocols.some((name) => name === 'http/1.1' || name === 'h2' || name === 'h2c')) return;
    const share = webSocket ? this.webSocketShare(record.slot, 0) : 0;
    const packets = record.packets(client) + record.packets(server);
    const carried = record.bytes(client) + record.bytes(server);
    const packetHeader = record.table.ipVersion(record.slot) === 4 ? 40 : 60;
    const webSocketPackets = share === 0 ? 0 : Math.round(packets * this.webSocketShare(record.slot, 2));
    const webSocketCarried = Math.round(carried * share);
    if (share > 0) addConnection(this.webSocket, webSocketPackets, webSocketCarried, packetHeader);
    if (share < 1) addConnection(this.http, packets - webSocketPackets, carried - webSocketCarried, packetHeader);
    if (record.opening === 'handshake')
      (share < 1 ? this.http : this.webSocket).roundTrips += 1 + tlsRoundTrips(record);
    const at = record.slot * perSlot;
    if (at < this.streams.length) this.streams.fill(0, at, at + perSlot);
  }

  /** Of all a connection with WebSockets carried, what was theirs: all of it, unless there were other streams. */
  private webSocketShare(slot: number, of: 0 | 2): number {
    const at = slot * perSlot + of;
    if (at >= this.streams.length || this.streams[at] === 0) return 1;
    return this.streams[at + 1]! / (this.streams[at]! + this.streams[at + 1]!);
  }

  private addToStreams(slot: number, kind: 0 | 1, bytes: number, parts: number): void {
    const at = slot * perSlot + kind;
    if (at >= this.streams.length) {
      const streams = new Float64Array(Math.max((slot + 1) * perSlot, this.streams.length * 2));
      streams.set(this.streams);
      this.streams = streams;
    }
    this.streams[at]! += bytes;
    this.streams[at + 2]! += parts + Math.floor(bytes / segment);
  }
}

function addConnection(cost: Cost, packets: number, carried: number, packetHeader: number): void {
  cost.connections++;
  cost.packets += packets;
  cost.carried += carried;
  cost.packetHeaders += packets * packetHeader;
}

/** A switch of HTTP/1.1, or an extended CONNECT that was agreed to. */
function opensWebSocket({ request, response }: ExchangeRecord): boolean {
  const { head } = request;
  if (head.version < 20 || !head.isMethod('CONNECT')) return response.status === 101;
  return response.status >= 200 && response.status < 300 && isUpgradeAttempt(head);
}

/** TLS 1.3 takes one round trip before the first request, older versions two. */
function tlsRoundTrips({ tls }: ConnectionRecord): number {
  return tls === undefined ? 0 : tls.version === 'TLS 1.3' ? 1 : 2;
}
