/** Each record as its JSON object in the trace format (`timeline/trace-format.ts`), appended to a byte buffer. */
import { copyBytes } from '../core/bytes.ts';
import {
  KnownField,
  escapeBit,
  fieldName,
  findField,
  hostField,
  offsetsPerField,
  startLineEscapes,
  type HttpHead,
} from '../core/http.ts';
import { client, server, sideName } from '../core/side.ts';
import { isControl } from '../core/websocket.ts';
import type { Body } from '../timeline/body.ts';
import {
  versionText,
  type CaptureFacts,
  type ConnectionRecord,
  type DiagnosticRecord,
  type ExchangeRecord,
  type FrameRecord,
  type HttpMessage,
  type MessageRecord,
  type SummaryRecord,
  type UpgradeRecord,
} from '../timeline/records.ts';
import type { LensJson } from '../timeline/trace-format.ts';
import type { SideName } from '../timeline/trace-format.ts';
import { bodyText } from './body-text.ts';
import { JsonWriter, json, type JsonText } from './json-writer.ts';

const k = {
  connection: json('{"type":"connection","id":'),
  protocols: json(',"protocols":["tcp"'),
  openedAt: json('],"openedAt":'),
  closedAt: json(',"closedAt":'),
  handshake: json(',"opening":"handshake","closing":"'),
  midstream: json(',"opening":"midstream","closing":"'),
  closedByClient: json('","closedBy":"client'),
  closedByServer: json('","closedBy":"server'),
  packetCounts: json('","packets":{"client":'),
  byteCounts: json(',"bytes":{"client":'),
  retransmissions: json(',"retransmissions":{"client":'),
  outOfOrder: json(',"outOfOrder":{"client":'),
  missingCounts: json(',"missingBytes":{"client":'),
  andServer: json(',"server":'),
  conflictingOverlaps: json(',"conflictingOverlaps":'),
  handshakeRtt: json(',"handshakeRtt":'),
  tls: json(',"tls":'),
  http2: json(',"http2":'),
  exchange: json('{"type":"exchange","id":'),
  connectionId: json(',"connection":'),
  stream: json(',"stream":'),
  noStream: json(',"stream":null,"client":'),
  true: json('true'),
  false: json('false'),
  protocol: json(',"protocol":"'),
  plainHttp11: json(',"protocol":"http/1.1","secure":false'),
  secureTrue: json('","secure":true'),
  secureFalse: json('","secure":false'),
  client: json(',"client":'),
  server: json(',"server":'),
  request: json(',"request":{"time":'),
  response: json(',"response":{"time":'),
  noRequest: json(',"request":null'),
  noResponse: json(',"response":null'),
  endTime: json(',"endTime":'),
  method: json(',"method":'),
  target: json(',"target":'),
  url: json(',"url":'),
  http: json('"http://'),
  https: json('"https://'),
  status: json(',"status":'),
  reason: json(',"reason":'),
  version: json(',"version":"'),
  version11: json(',"version":"1.1","headers":['),
  headers: json('","headers":['),
  noBody: json(',"bodyBytes":0,"decodedBytes":0'),
  whole: json(',"truncated":false,"complete":true'),
  firstField: json('["'),
  nextField: json(',["'),
  fieldValue: json('","'),
  fieldEnd: json('"]'),
  trailers: json('],"trailers":'),
  noTrailers: json('],"trailers":[],"headerBytes":'),
  headerBytes: json(',"headerBytes":'),
  bodyBytes: json(',"bodyBytes":'),
  decodedBytes: json(',"decodedBytes":'),
  mediaType: json(',"mediaType":'),
  encoding: json(',"encoding":'),
  text: json(',"text":'),
  base64: json(',"base64":'),
  truncatedTrue: json(',"truncated":true'),
  truncatedFalse: json(',"truncated":false'),
  completeTrue: json(',"complete":true'),
  completeFalse: json(',"complete":false'),
  missingBytes: json(',"missingBytes":'),
  firstPacket: json(',"firstPacket":'),
  lastPacket: json(',"lastPacket":'),
  interim: json(',"interim":'),
  noInterim: json(',"interim":[]}'),
  state: json(',"state":"'),
  timing: json('","timing":{'),
  wait: json('"wait":'),
  receive: json('"receive":'),
  total: json('"total":'),
  diagnostics: json('},"diagnostics":'),
  noDiagnostics: json('},"diagnostics":[]}'),
  frame: json('{"type":"frame","id":'),
  time: json(',"time":'),
  payloadLength: json(',"payloadLength":'),
  headerLength: json(',"headerLength":'),
  message: json('{"type":"message","id":'),
  wireLength: json(',"wireLength":'),
  compressedTrue: json(',"compressed":true,"frames":'),
  compressedFalse: json(',"compressed":false,"frames":'),
  code: json(',"code":'),
  neverIndexed: json(',"neverIndexed":'),
  grpc: json(',"grpc":'),
  ofExchange: json(',"exchange":'),
  event: json(',"event":'),
  eventId: json(',"eventId":'),
  retry: json(',"retry":'),
  lens: json(',"lens":'),
} as const;

const textCache = new Map<string, JsonText>();
/** Short fixed words (protocols, states, opcode names) as bytes. */
function word(text: string): JsonText {
  let bytes = textCache.get(text);
  if (bytes === undefined) textCache.set(text, (bytes = json(text)));
  return bytes;
}

/** What stands in a frame's record between its time and its masking key, by side and header bits. */
const frameKinds: (JsonText | undefined)[] = [];

function frameKind(r: FrameRecord): JsonText {
  const index = (r.side << 9) | (r.masked ? 256 : 0) | r.bits | r.opcode;
  return (frameKinds[index] ??= frameKindText(r));
}

function frameKindText(r: FrameRecord): JsonText {
  const { from, fin, rsv, opcode, name, masked } = r;
  const text = JSON.stringify({ from, fin, rsv, opcode, name, masked, maskingKey: null });
  return json(`,${text.slice(1, masked ? -'null}'.length : -1)}`);
}

/** What stands in a message's record between its times and its length. */
function messageKinds(from: SideName): Readonly<Record<MessageRecord['kind'], JsonText>> {
  const text = (kind: MessageRecord['kind']): JsonText => json(`,"from":"${from}","kind":"${kind}","length":`);
  return {
    text: text('text'),
    binary: text('binary'),
    close: text('close'),
    ping: text('ping'),
    pong: text('pong'),
    event: text('event'),
  };
}
const ofClient = messageKinds('client');
const ofServer = messageKinds('server');

/** A point in time, for `plain`: nanoseconds since the first packet. */
class Seconds {
  readonly time: number;

  constructor(time: number) {
    this.time = time;
  }
}

/** Room for everything in a record whose length is bounded. */
const fixedRoom = 4096;
/** Room for one code of the catalogue, with what stands around it. */
const longestCode = 64;
const describing = (1 << KnownField.contentType) | (1 << KnownField.contentEncoding);
const comma = 0x2c;
const quote = 0x22;
const closeBrace = 0x7d;
const closeBracket = 0x5d;

export class TraceJson extends JsonWriter {
  private readonly version: string;
  /** Bodies and payloads are written up to the bytes kept; with 0 they are left out. */
  private readonly maxBody: number;

  private placeConnection = -1;
  private placeStream = -1;
  private placeLength = 0;
  /** Longer than any place: two IPv6 endpoints, two numbers, and what `asciiPart` reads past the end. */
  private readonly placeData = new Uint8Array(320);
  private readonly placeView = new DataView(this.placeData.buffer);

  /** @param version of the program, for the capture record */
  constructor(version: string, maxBody: number) {
    super();
    this.version = version;
    this.maxBody = maxBody;
  }

  capture(facts: CaptureFacts): void {
    this.setEpoch(facts.epoch);
    this.placeConnection = -1;
    const { kind, name, format, linkTypes } = facts;
    this.plain({
      type: 'capture',
      schema: 'wirescope/1',
      creator: { name: 'wirescope', version: this.version },
      source: { kind, name, format, linkTypes },
    });
  }

  connection(r: ConnectionRecord): void {
    this.ensure(fixedRoom);
    this.raw(k.connection);
    this.integer(r.id);
    this.raw(k.client);
    this.endpointOf(r, client);
    this.raw(k.server);
    this.endpointOf(r, server);
    this.raw(k.protocols);
    for (const name of r.protocols) {
      this.byte(comma);
      this.byte(quote);
      this.raw(word(name));
      this.byte(quote);
    }
    this.raw(k.openedAt);
    this.time(r.openedAt);
    this.raw(k.closedAt);
    this.time(r.closedAt);
    this.raw(r.opening === 'handshake' ? k.handshake : k.midstream);
    this.raw(word(r.closing));
    const { endedFirst } = r;
    if (endedFirst >= 0) this.raw(endedFirst === client ? k.closedByClient : k.closedByServer);
    this.bySide(k.packetCounts, r.packets(client), r.packets(server));
    this.bySide(k.byteCounts, r.bytes(client), r.bytes(server));
    this.bySide(k.retransmissions, r.retransmissions(client), r.retransmissions(server));
    this.bySide(k.outOfOrder, r.outOfOrder(client), r.outOfOrder(server));
    this.bySide(k.missingCounts, r.missingBytes(client), r.missingBytes(server));
    this.raw(k.conflictingOverlaps);
    this.integer(r.conflictingOverlaps);
    if (r.handshakeRtt >= 0) {
      this.raw(k.handshakeRtt);
      this.span(r.handshakeRtt);
    }
    if (r.tls !== undefined) {
      this.raw(k.tls);
      this.plain(r.tls);
    }
    if (r.http2 !== undefined) {
      this.raw(k.http2);
      this.plain(r.http2);
    }
    this.byte(closeBrace);
  }

  exchange(r: ExchangeRecord): void {
    this.ensure(fixedRoom);
    this.raw(k.exchange);
    this.integer(r.id);
    this.place(r);
    const { protocol } = r;
    if (protocol === 'http/1.1' && !r.secure) this.raw(k.plainHttp11);
    else {
      this.raw(k.protocol);
      this.raw(word(protocol));
      this.raw(r.secure ? k.secureTrue : k.secureFalse);
    }
    if (r.request.present) this.request(r);
    else this.raw(k.noRequest);
    if (r.response.present) this.response(r.response);
    else this.raw(k.noResponse);
    this.raw(k.state);
    this.raw(word(r.state));
    this.raw(k.timing);
    this.timing(r);
    const { grpc } = r;
    if (r.diagnostics.length === 0 && grpc === undefined) this.raw(k.noDiagnostics);
    else {
      this.raw(k.diagnostics);
      this.codes(r.diagnostics);
      if (grpc !== undefined) {
        this.raw(k.grpc);
        this.plain(grpc);
      }
      this.byte(closeBrace);
    }
  }

  private codes(codes: readonly string[]): void {
    this.ensure(codes.length * longestCode + fixedRoom);
    this.byte(0x5b);
    for (let i = 0; i < codes.length; i++) {
      if (i > 0) this.byte(comma);
      this.byte(quote);
      this.raw(word(codes[i]!));
      this.byte(quote);
    }
    this.byte(closeBracket);
  }

  upgrade(r: UpgradeRecord): void {
    const { connection, exchange, time, ...rest } = r;
    this.plain({ type: 'upgrade', connection, exchange, time: new Seconds(time), ...rest });
  }

  frame(r: FrameRecord): void {
    this.ensure(fixedRoom);
    this.raw(k.frame);
    this.integer(r.id);
    this.place(r);
    this.raw(k.time);
    this.time(r.time);
    this.raw(frameKind(r));
    if (r.masked) this.hex32(r.maskingKey);
    this.raw(k.payloadLength);
    this.integer(r.payloadLength);
    this.raw(k.headerLength);
    this.integer(r.headerLength);
    // Compressed and binary payloads are no text, whatever their bytes happen to spell.
    if (this.maxBody > 0) this.payload(r.body, r.opcode === 2 || ((r.bits & 0x40) !== 0 && !isControl(r.opcode)));
    this.raw(r.body.length < r.payloadLength ? k.truncatedTrue : k.truncatedFalse);
    this.packets(r.firstPacket, r.lastPacket);
    this.byte(closeBrace);
  }

  message(r: MessageRecord): void {
    this.ensure(fixedRoom);
    this.raw(k.message);
    this.integer(r.id);
    this.place(r);
    this.raw(k.time);
    this.time(r.time);
    this.raw(k.endTime);
    this.time(r.endTime);
    this.raw((r.side === client ? ofClient : ofServer)[r.kind]);
    this.integer(r.length);
    this.raw(k.wireLength);
    this.integer(r.wireLength);
    this.raw(r.compressed ? k.compressedTrue : k.compressedFalse);
    this.integer(r.frames);
    if (r.code >= 0) {
      this.raw(k.code);
      this.integer(r.code);
      if (r.reason !== undefined) {
        this.raw(k.reason);
        this.string(r.reason);
        this.ensure(fixedRoom);
      }
    }
    if (r.kind === 'event') this.eventFields(r);
    if (this.maxBody > 0 && r.lens !== undefined) this.lens(r.lens);
    if (this.maxBody > 0 && r.kind !== 'close') this.payload(r.body, r.kind === 'binary');
    this.raw(r.body.length < r.length ? k.truncatedTrue : k.truncatedFalse);
    this.raw(r.complete ? k.completeTrue : k.completeFalse);
    this.packets(r.firstPacket, r.lastPacket);
    this.byte(closeBrace);
  }

  private lens(reading: LensJson): void {
    const text = Buffer.from(JSON.stringify(reading), 'utf8');
    this.ensure(text.length + fixedRoom * 2);
    this.raw(k.lens);
    copyBytes(text, 0, text.length, this.data, this.length);
    this.length += text.length;
  }

  private eventFields(r: MessageRecord): void {
    this.raw(k.ofExchange);
    this.integer(r.exchange);
    if (r.event !== undefined) {
      this.raw(k.event);
      this.string(r.event);
    }
    if (r.eventId !== undefined) {
      this.raw(k.eventId);
      this.string(r.eventId);
    }
    this.ensure(fixedRoom);
    if (r.retry >= 0) {
      this.raw(k.retry);
      this.integer(r.retry);
    }
  }

  diagnostic(r: DiagnosticRecord): void {
    this.plain({
      type: 'diagnostic',
      severity: r.severity,
      code: r.code,
      message: r.message,
      connection: r.connection < 0 ? undefined : r.connection,
      exchange: r.exchange < 0 ? undefined : r.exchange,
      from: r.side === -1 ? undefined : sideName(r.side),
      time: r.packet === 0 ? undefined : new Seconds(r.time),
      packet: r.packet === 0 ? undefined : r.packet,
      offset: r.offset < 0 ? undefined : r.offset,
      reference: r.reference,
    });
  }

  summary(r: SummaryRecord): void {
    this.plain({ type: 'summary', ...r, duration: r.duration / 1e9 });
  }

  /** Any plain value: for records too rare to be written by hand. Undefined properties are left out. */
  private plain(value: unknown): void {
    this.ensure(fixedRoom);
    if (typeof value === 'string') this.string(value);
    else if (value instanceof Seconds) this.time(value.time);
    else if (Array.isArray(value)) {
      this.byte(0x5b);
      value.forEach((element, i) => {
        if (i > 0) this.byte(comma);
        this.plain(element);
      });
      this.byte(closeBracket);
    } else if (typeof value === 'object' && value !== null) {
      this.byte(0x7b);
      let first = true;
      const properties = value as Readonly<Record<string, unknown>>;
      // Object.entries made a seventh of all that was allocated.
      for (const name in properties) {
        const property = properties[name];
        if (property === undefined) continue;
        if (!first) this.byte(comma);
        first = false;
        this.string(name);
        this.byte(0x3a);
        this.plain(property);
      }
      this.byte(closeBrace);
    } else if (Number.isSafeInteger(value)) this.integer(value as number);
    else if (typeof value === 'number') this.raw(json(String(value)));
    else this.raw(word(String(value)));
    this.ensure(fixedRoom);
  }

  private bySide(name: JsonText, ofClient: number, ofServer: number): void {
    this.raw(name);
    this.integer(ofClient);
    this.raw(k.andServer);
    this.integer(ofServer);
    this.byte(closeBrace);
  }

  /** Connection, stream and both ends; kept for the next record, which is often of the same connection. */
  private place(r: ExchangeRecord | FrameRecord | MessageRecord): void {
    const connection = r.connection;
    if (connection === this.placeConnection && r.stream === this.placeStream) {
      this.asciiPart(this.placeView, 0, this.placeLength);
      return;
    }
    const from = this.length;
    this.raw(k.connectionId);
    this.integer(connection);
    if (r.stream < 0) this.raw(k.noStream);
    else {
      this.raw(k.stream);
      this.integer(r.stream);
      this.raw(k.client);
    }
    this.endpointOf(r, client);
    this.raw(k.server);
    this.endpointOf(r, server);
    this.placeConnection = connection;
    this.placeStream = r.stream;
    this.placeLength = this.length - from;
    copyBytes(this.data, from, this.length, this.placeData, 0);
  }

  private endpointOf(r: ConnectionRecord | ExchangeRecord | FrameRecord | MessageRecord, side: 0 | 1): void {
    const { table, slot } = r;
    this.endpoint(table.ipVersion(slot), table.words, table.wordsAt(slot, side), table.port(slot, side));
  }

  private packets(first: number, last: number): void {
    this.raw(k.firstPacket);
    this.integer(first);
    this.raw(k.lastPacket);
    this.integer(last);
  }

  /**
   * A stretch of a head as a string. Leaves `fixedRoom` behind it, like all that is not bounded.
   *
   * @param escapes where it stands, as a bit of `HttpHead.escapes`
   */
  private headText(head: HttpHead, start: number, end: number, escapes = startLineEscapes): void {
    this.ensure((end - start) * 6 + fixedRoom);
    this.byte(quote);
    if (head.regular && (head.escapes & escapes) === 0) this.asciiPart(head.view, start, end);
    else this.latin1Part(head.data, start, end);
    this.byte(quote);
  }

  /** A field's value as a string. */
  private valueText(head: HttpHead, index: number): void {
    const at = index * offsetsPerField;
    this.headText(head, head.offsets[at + 2]!, head.offsets[at + 3]!, escapeBit(index));
  }

  private request(r: ExchangeRecord): void {
    const message = r.request;
    const head = message.head;
    this.raw(k.request);
    this.time(message.time);
    this.raw(k.endTime);
    this.time(message.endTime);
    this.raw(k.method);
    this.headText(head, head.methodStart, head.methodEnd);
    this.raw(k.target);
    this.headText(head, head.targetStart, head.targetEnd);
    this.raw(k.url);
    this.url(r, head);
    this.rest(message, head);
    this.byte(closeBrace);
  }

  private response(message: HttpMessage): void {
    const head = message.head;
    this.raw(k.response);
    this.time(message.time);
    this.raw(k.endTime);
    this.time(message.endTime);
    this.raw(k.status);
    this.integer(head.status);
    this.raw(k.reason);
    this.headText(head, head.reasonStart, head.reasonEnd);
    this.rest(message, head);
    if (message.interim.length === 0) this.raw(k.noInterim);
    else {
      this.raw(k.interim);
      this.plain(message.interim.map(({ status, headers, time }) => ({ status, headers, time: new Seconds(time) })));
      this.byte(closeBrace);
    }
  }

  /** What requests and responses have in common, `version` on. */
  private rest(message: HttpMessage, head: HttpHead): void {
    if (head.version === 11) this.raw(k.version11);
    else {
      this.raw(k.version);
      this.raw(word(versionText(head.version)));
      this.raw(k.headers);
    }
    this.fieldLines(head);
    if (message.trailers.length === 0) this.raw(k.noTrailers);
    else {
      this.raw(k.trailers);
      this.plain(message.trailers);
      this.raw(k.headerBytes);
    }
    this.integer(head.size);
    if (message.bodyBytes === 0) this.raw(k.noBody);
    else {
      this.raw(k.bodyBytes);
      this.integer(message.bodyBytes);
      this.raw(k.decodedBytes);
      this.integer(message.decodedBytes);
    }
    if (head.seen & describing) this.description(head);
    if (this.maxBody > 0 && message.body.length > 0) this.content(message);
    if (message.complete && message.body.length >= message.decodedBytes) this.raw(k.whole);
    else {
      this.raw(message.body.length < message.decodedBytes ? k.truncatedTrue : k.truncatedFalse);
      this.raw(message.complete ? k.completeTrue : k.completeFalse);
    }
    if (message.missingBytes > 0) {
      this.raw(k.missingBytes);
      this.integer(message.missingBytes);
    }
    this.packets(message.firstPacket, message.lastPacket);
  }

  private description(head: HttpHead): void {
    this.mediaType(head);
    const coding = findField(head, KnownField.contentEncoding);
    if (coding >= 0) {
      this.raw(k.encoding);
      this.valueText(head, coding);
    }
    if (head.neverIndexed.length === 0) return;
    this.raw(k.neverIndexed);
    this.plain(head.neverIndexed.map((index) => fieldName(head, index)));
  }

  private fieldLines(head: HttpHead): void {
    const { offsets, fieldCount } = head;
    this.ensure((head.end - head.start) * 6 + fieldCount * 16 + fixedRoom);
    if (head.regular) {
      this.regularFields(head);
      return;
    }
    for (let i = 0; i < fieldCount; i++) {
      const at = i * offsetsPerField;
      this.raw(i === 0 ? k.firstField : k.nextField);
      this.latin1Part(head.data, offsets[at]!, offsets[at + 1]!);
      this.raw(k.fieldValue);
      this.latin1Part(head.data, offsets[at + 2]!, offsets[at + 3]!);
      this.raw(k.fieldEnd);
    }
  }

  /** In reserved room. */
  private regularFields(head: HttpHead): void {
    const { offsets, fieldCount, view: source, escapes } = head;
    const { view } = this;
    let at = this.length;
    for (let i = 0, offset = 0; i < fieldCount; i++, offset += offsetsPerField) {
      if (i > 0) view.setUint8(at++, comma);
      view.setUint16(at, 0x5b22);
      at = copyEights(source, offsets[offset]!, offsets[offset + 1]!, view, at + 2);
      view.setUint32(at, 0x222c2220);
      at += 3;
      if ((escapes & escapeBit(i)) === 0) at = copyEights(source, offsets[offset + 2]!, offsets[offset + 3]!, view, at);
      else {
        this.length = at;
        this.latin1Part(head.data, offsets[offset + 2]!, offsets[offset + 3]!);
        at = this.length;
      }
      view.setUint16(at, 0x225d);
      at += 2;
    }
    this.length = at;
  }

  private mediaType(head: HttpHead): void {
    const index = findField(head, KnownField.contentType);
    if (index < 0) return;
    const start = head.offsets[index * offsetsPerField + 2]!;
    let end = head.offsets[index * offsetsPerField + 3]!;
    const { data } = head;
    let isLower = head.regular;
    for (let i = start; i < end; i++) {
      const octet = data[i]!;
      if (octet === 0x3b) end = i;
      else if (octet >= 0x41 && octet <= 0x5a) isLower = false;
    }
    while (end > start && (data[end - 1] === 0x20 || data[end - 1] === 0x09)) end--;
    this.raw(k.mediaType);
    if (isLower) this.headText(head, start, end, escapeBit(index));
    else {
      this.latin1Lower(data, start, end);
      this.ensure(fixedRoom);
    }
  }

  private url(r: ExchangeRecord, head: HttpHead): void {
    const host = hostField(head);
    const hostStart = host < 0 ? 0 : head.offsets[host * offsetsPerField + 2]!;
    const hostEnd = host < 0 ? 0 : head.offsets[host * offsetsPerField + 3]!;
    const plainTarget = head.targetEnd > head.targetStart && head.data[head.targetStart] === 0x2f;
    const scheme = findField(head, KnownField.scheme);
    const isKnown = scheme < 0 || isScheme(head, scheme, r.secure ? https : http);
    if (hostEnd === hostStart || !plainTarget || !isKnown) {
      const url = Buffer.from(r.url, 'latin1');
      this.latin1(url, 0, url.length);
      this.ensure(fixedRoom);
      return;
    }
    this.raw(r.secure ? k.https : k.http);
    this.ensure((hostEnd - hostStart + head.targetEnd - head.targetStart) * 6 + fixedRoom);
    if (head.regular && (head.escapes & (startLineEscapes | escapeBit(host))) === 0) {
      this.asciiPart(head.view, hostStart, hostEnd);
      this.asciiPart(head.view, head.targetStart, head.targetEnd);
    } else {
      this.latin1Part(head.data, hostStart, hostEnd);
      this.latin1Part(head.data, head.targetStart, head.targetEnd);
    }
    this.byte(quote);
  }

  private timing(r: ExchangeRecord): void {
    const { wait, receive, total } = r;
    if (wait !== undefined) {
      this.raw(k.wait);
      this.span(wait);
    }
    if (receive !== undefined) {
      if (wait !== undefined) this.byte(comma);
      this.raw(k.receive);
      this.span(receive);
    }
    if (total !== undefined) {
      if (wait !== undefined || receive !== undefined) this.byte(comma);
      this.raw(k.total);
      this.span(total);
    }
  }

  private content(message: HttpMessage): void {
    const { body } = message;
    const decoded = bodyText(body, message.contentType);
    if (decoded !== undefined) {
      this.raw(k.text);
      this.string(decoded);
      this.ensure(fixedRoom);
    } else this.payload(body, false);
  }

  private payload(body: Body, binary: boolean): void {
    const length = binary ? -1 : body.utf8Length();
    if (length >= 0) {
      this.raw(k.text);
      this.utf8(body.view, length);
    } else {
      this.raw(k.base64);
      this.base64(body.data, 0, body.length);
    }
    this.ensure(fixedRoom);
  }
}

function copyEights(source: DataView, start: number, end: number, view: DataView, at: number): number {
  let to = at;
  for (let i = start; i < end; i += 8, to += 8) view.setFloat64(to, source.getFloat64(i, true), true);
  return at + (end - start);
}

const http = Buffer.from('http');
const https = Buffer.from('https');

/** Whether `:scheme` is what the connection says of itself. */
function isScheme(head: HttpHead, index: number, expected: Uint8Array): boolean {
  const start = head.offsets[index * offsetsPerField + 2]!;
  if (head.offsets[index * offsetsPerField + 3]! - start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (head.data[start + i] !== expected[i]) return false;
  return true;
}
