/**
 * What a byte of payload costs by HTTP and by WebSocket in this capture: heads or frame headers, TCP and IP headers,
 * per exchange and per message. Packets are counted with headers of 40 bytes (IPv4) or 60 (IPv6), options left out.
 */
import { client, server } from '../core/side.ts';
import type { ConnectionRecord, ExchangeRecord, FrameRecord, MessageRecord } from '../timeline/records.ts';

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

  exchange({ request, response }: ExchangeRecord): void {
    const heads = (request.present ? request.head.size : 0) + (response.present ? response.head.size : 0);
    if (response.status === 101) {
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
    const cost = webSocket ? this.webSocket : this.http;
    const packets = record.packets(client) + record.packets(server);
    cost.connections++;
    if (record.opening === 'handshake') cost.roundTrips += 1 + tlsRoundTrips(record);
    cost.packets += packets;
    cost.carried += record.bytes(client) + record.bytes(server);
    cost.packetHeaders += packets * (record.table.ipVersion(record.slot) === 4 ? 40 : 60);
  }
}

/** TLS 1.3 takes one round trip before the first request, older versions two. */
function tlsRoundTrips({ tls }: ConnectionRecord): number {
  return tls === undefined ? 0 : tls.version === 'TLS 1.3' ? 1 : 2;
}
