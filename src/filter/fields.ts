/**
 * All fields of the filter language, a line each: names, type, what it means, and how it is read from each kind of record
 * that has it. Wireshark's names mean what they mean there, asked of a record instead of a packet; the short names are
 * ours. A new field is a line here; help, completion and type checks follow from it.
 *
 * Differences from Wireshark that come of looking at records: `http` fields are there in HTTP/2 as well; an exchange has
 * two packets' worth of `frame.number`, and of `ip.src` the client's; `websocket.payload_length` is the real length, not
 * the first seven bits of it.
 */
import { diagnostics } from '../core/diagnostics.ts';
import { client, server, sideName } from '../core/side.ts';
import type { ConnectionRecord, ExchangeRecord, MessageRecord, UpgradeRecord } from '../timeline/records.ts';
import { address, bytes, number, protocol, recordKinds, text, type BytesReader, type Field } from './field.ts';
import { headerFields } from './header-fields.ts';
import * as http from './http-readers.ts';
import * as read from './record-readers.ts';
import type { Span } from './span.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE'];
const statuses = [
  '200',
  '201',
  '204',
  '206',
  '301',
  '302',
  '304',
  '400',
  '401',
  '403',
  '404',
  '429',
  '500',
  '502',
  '503',
];
const states = ['complete', 'open', 'no-request', 'no-response', 'truncated', 'reset'];
const outcomes = ['accepted', 'refused', 'unanswered', 'invalid'];
const mediaTypes = [
  'application/json',
  'text/html',
  'text/css',
  'text/javascript',
  'text/plain',
  'text/event-stream',
  'image/png',
];
const protocols = ['tcp', 'tls', 'http/0.9', 'http/1.0', 'http/1.1', 'h2', 'h2c', 'websocket', 'sse'];
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, 'connection close': 8, ping: 9, pong: 10 };
const sides = ['client', 'server'];
const codes = Object.keys(diagnostics);

const many = { many: true };
const body = { many: true, readsBody: true };
const onBody = { readsBody: true };
const u8 = { most: 0xff };
const u16 = { most: 0xffff };
const ports = { many: true, most: 0xffff };
const closed = (values: readonly string[]) => ({ values, closed: true });

const flag = (value: boolean): number => (value ? 1 : 0);
const word = (value: string, span: Span): true => span.word(value);
const maybe = (value: string | undefined, span: Span): boolean => value !== undefined && span.latin1(value);

/** The layers every record on a connection has; the bytes are those of the record's own message. */
function layer<X>(has: (record: X) => boolean, content: BytesReader<X>): BytesReader<X> {
  return (record, index, span) => has(record) && content(record, index, span);
}
const always = (): boolean => true;
const once = (_record: unknown, index: number, span: Span): boolean => index === 0 && span.empty();
const isWebSocket = (x: MessageRecord): boolean => x.kind !== 'event';
const not6 = (x: Parameters<typeof read.isIpv6>[0]): boolean => !read.isIpv6(x);

// prettier-ignore
export const fields: readonly Field[] = [
  // --- short names: exchanges ----------------------------------------------------------------------------------------
  text('method http.request.method', 'request method', { exchange: http.method }, { values: methods }),
  number('status http.response.code', 'integer', 'status code of the response', { exchange: http.status }, { ...u16, offers: statuses }),
  text('host http.host', 'host the request names: Host field, or :authority', { exchange: http.host }, many),
  text('path http.request.uri.path', 'path of the target, without the query', { exchange: http.path }),
  text('query http.request.uri.query', 'query of the target, without the "?"', { exchange: http.query }),
  text('target http.request.uri', 'request target as sent', { exchange: http.target }),
  text('url http.request.full_uri', 'absolute URL of the request', { exchange: http.url }),
  text('type', 'media type of the response, lower case, without parameters', { exchange: http.mediaType('response') }, { values: mediaTypes }),
  text('request.type', 'media type of the request', { exchange: http.mediaType('request') }, { values: mediaTypes }),
  number('duration', 'duration', 'from the request\'s first byte to the response\'s last', { exchange: (x) => x.total ?? NaN }),
  number('ttfb wait', 'duration', 'from the request\'s last byte to the response\'s first', { exchange: (x) => x.wait ?? NaN }),
  number('receive', 'duration', 'from the response\'s first byte to its last', { exchange: (x) => x.receive ?? NaN }),
  number('http.time', 'duration', 'from the request\'s last byte to the response\'s last', {
    exchange: (x) => (x.request.ended && x.response.ended ? x.response.endTime - x.request.endTime : NaN) }),
  number('size', 'size', 'bytes of content: response body, payload of a frame, data of a message', {
    exchange: (x) => (x.response.present ? x.response.bodyBytes : NaN), frame: (x) => x.payloadLength, message: (x) => x.length }),
  number('reqsize request.size', 'size', 'bytes of the request body', { exchange: (x) => (x.request.present ? x.request.bodyBytes : NaN) }),
  text('state', 'how an exchange ended', { exchange: (x, _i, span) => word(x.state, span) }, closed(states)),
  text('reason', 'reason phrase of the response; reason in a close frame', {
    exchange: http.reason, frame: read.closeReason, message: (x, _i, span) => x.reason !== undefined && span.utf8(x.reason) }, onBody),
  text('version', 'HTTP version: 1.1', { exchange: http.version }, { values: ['0.9', '1.0', '1.1', '2'] }),
  number('interim', 'integer', 'status codes of interim responses: 100, 103', { exchange: (x, i) => x.response.interim[i]?.status ?? NaN }, { ...many, ...u16 }),
  text('header http.header', 'field lines of both messages; header["Name"] for one field\'s values', { exchange: http.headerLine('both') }, { ...many, header: (name) => ({ exchange: http.header(name) }) }),
  text('request.header http.request.line http.request.header', 'field lines of the request; request.header["Name"] for one field', { exchange: http.headerLine('request') }, { ...many, header: (name) => ({ exchange: http.header(name, 'request') }) }),
  text('response.header http.response.line http.response.header', 'field lines of the response; response.header["Name"] for one field', { exchange: http.headerLine('response') }, { ...many, header: (name) => ({ exchange: http.header(name, 'response') }) }),
  text('request.body', 'the request body that is kept', { exchange: http.body('request') }, onBody),
  text('response.body', 'the response body that is kept', { exchange: http.body('response') }, onBody),
  text('http.file_data', 'the bodies that are kept', { exchange: http.body('both') }, body),

  // --- short names: WebSocket ----------------------------------------------------------------------------------------
  number('opcode websocket.opcode', 'choice', 'opcode, as a number or a name', { frame: (x) => x.opcode, message: read.messageOpcode }, { ...u8, choices: opcodes }),
  text('from', 'the side that sent it', { frame: (x, _i, span) => word(x.from, span), message: (x, _i, span) => word(x.from, span), diagnostic: (x, _i, span) => x.side >= 0 && word(sideName(x.side === 1 ? 1 : 0), span) }, closed(sides)),
  number('code websocket.payload.close.status_code', 'integer', 'close code', { frame: read.closeCode, message: (x) => read.known(x.code) }, { ...u16, readsBody: true, offers: ['1000', '1001', '1002', '1006', '1007', '1008', '1009', '1011'] }),
  text('text body', 'content as text: bodies, payload, data, a diagnostic\'s message', {
    exchange: http.body('both'), frame: read.payload, message: read.payload, diagnostic: (x, i, span) => i === 0 && span.utf8(x.message) }, body),
  number('fin', 'flag', 'the FIN bit of a frame', { frame: (x) => flag(x.fin) }),
  number('masked', 'flag', 'the frame is masked', { frame: (x) => flag(x.masked) }),
  number('compressed', 'flag', 'the frame or message is compressed', { frame: (x) => flag((x.bits & 0x40) !== 0), message: (x) => flag(x.compressed) }),
  number('frames websocket.fragment.count', 'integer', 'frames a message came in', { message: (x) => x.frames }),
  number('wiresize', 'size', 'bytes of a message on the wire, before decompression', { message: (x) => x.wireLength }),
  text('lens', 'subprotocol a message is read as: socket.io, graphql, MQTT, JSON ...', { message: (x, _i, span) => x.lens !== undefined && span.word(x.lens.name) }, onBody),
  text('label', 'what a message is to its subprotocol: event, topic or operation', { message: (x, _i, span) => x.lens !== undefined && span.utf8(x.lens.label) }, onBody),
  text('reply', 'id by which a subprotocol ties a reply to its request', { message: (x, _i, span) => x.lens?.id !== undefined && span.utf8(x.lens.id) }, onBody),
  text('outcome', 'what became of an upgrade', { upgrade: (x, _i, span) => word(x.outcome, span) }, closed(outcomes)),
  text('verdict', 'an upgrade judged in one line', { upgrade: (x, _i, span) => span.utf8(x.verdict) }),
  text('subprotocol', 'the subprotocol an upgrade agreed on', { upgrade: (x, _i, span) => maybe(x.subprotocol, span) }),
  text('extensions', 'the extensions an upgrade agreed on', { upgrade: (x, _i, span) => maybe(x.extensions, span) }),

  // --- short names: every record -------------------------------------------------------------------------------------
  text('kind', 'kind of record', {
    connection: (_x, _i, span) => word('connection', span), exchange: (_x, _i, span) => word('exchange', span), upgrade: (_x, _i, span) => word('upgrade', span),
    frame: (_x, _i, span) => word('frame', span), message: (_x, _i, span) => word('message', span), diagnostic: (_x, _i, span) => word('diagnostic', span) }, closed(recordKinds)),
  number('id', 'integer', 'number of the record within its kind', { connection: (x) => x.id, exchange: (x) => x.id, frame: (x) => x.id, message: (x) => x.id }),
  number('packet frame.number', 'integer', 'packet numbers: first and last of each message', {
    exchange: read.exchangePackets, frame: read.firstAndLastPacket, message: read.firstAndLastPacket, diagnostic: (x, i) => (i === 0 && x.packet > 0 ? x.packet : NaN) }, many),
  number('time frame.time_epoch frame.time', 'time', 'when it began: seconds since 1970, or a date and time in UTC', {
    connection: (x) => x.openedAt, exchange: read.exchangeTime, upgrade: (x) => x.time, frame: (x) => x.time, message: (x) => x.time, diagnostic: (x) => x.time }),
  number('connection tcp.stream', 'integer', 'number of the connection', {
    connection: (x) => x.id, exchange: (x) => x.connection, upgrade: (x) => x.connection, frame: (x) => x.connection, message: (x) => x.connection, diagnostic: (x) => read.known(x.connection) }),
  number('exchange', 'integer', 'number of the exchange a record belongs to', { exchange: (x) => x.id, upgrade: (x) => x.exchange, diagnostic: (x) => read.known(x.exchange) }),
  number('stream http2.streamid', 'integer', 'HTTP/2 stream', { exchange: (x) => read.known(x.stream), frame: (x) => read.known(x.stream), message: (x) => read.known(x.stream) }),
  text('protocol', 'protocol spoken', {
    connection: (x, i, span) => (i === 0 ? span.word('tcp') : i <= x.protocols.length && span.word(x.protocols[i - 1]!)),
    exchange: (x, i, span) => i === 0 && span.word(x.protocol), upgrade: (x, i, span) => i === 0 && span.latin1(x.protocol),
    frame: (_x, i, span) => i === 0 && span.word('websocket'), message: (x, i, span) => i === 0 && span.word(x.kind === 'event' ? 'sse' : 'websocket') }, { ...many, values: protocols }),
  number('secure', 'flag', 'it was sent over TLS', { exchange: (x) => flag(x.secure), connection: (x) => flag(read.isSecure(x)), frame: (x) => flag(read.isSecure(x)), message: (x) => flag(read.isSecure(x)) }),
  address('client', 'address', 'the client\'s address, with or without port', { connection: read.endAddress(client), exchange: read.endAddress(client), frame: read.endAddress(client), message: read.endAddress(client) }),
  address('server', 'address', 'the server\'s address, with or without port', { connection: read.endAddress(server), exchange: read.endAddress(server), frame: read.endAddress(server), message: read.endAddress(server) }),
  text('diagnostic', 'diagnostic codes: of a diagnostic, and those of an exchange', {
    exchange: (x, i, span) => i < x.diagnostics.length && word(x.diagnostics[i]!, span), diagnostic: (x, i, span) => i === 0 && word(x.code, span) }, { ...many, ...closed(codes) }),
  number('severity', 'choice', 'severity of a diagnostic: note < warning < error', { diagnostic: (x) => read.severities[x.severity] }, { choices: read.severities }),

  // --- short names: connections --------------------------------------------------------------------------------------
  text('opening', 'how a connection began', { connection: (x, _i, span) => word(x.opening, span) }, closed(['handshake', 'midstream'])),
  text('closing', 'how a connection ended', { connection: (x, _i, span) => word(x.closing, span) }, closed(['fin', 'reset', 'open'])),
  number('rtt tcp.analysis.initial_rtt', 'duration', 'round trip of the TCP handshake', { connection: (x) => read.known(x.handshakeRtt) }),
  number('lifetime', 'duration', 'from a connection\'s first packet to its last', { connection: (x) => x.closedAt - x.openedAt }),
  number('bytes', 'size', 'TCP payload of a connection, both sides', { connection: read.bothSides('bytes') }),
  number('packets', 'integer', 'packets of a connection, both sides', { connection: read.bothSides('packets') }),
  number('retransmissions', 'integer', 'retransmitted segments of a connection', { connection: read.bothSides('retransmissions') }),
  number('outoforder', 'integer', 'segments of a connection that came out of order', { connection: read.bothSides('outOfOrder') }),
  number('missing', 'size', 'bytes that are not in the capture', { connection: read.bothSides('missingBytes'), exchange: (x) => (x.request.present ? x.request.missingBytes : 0) + (x.response.present ? x.response.missingBytes : 0) }),
  text('cipher', 'TLS cipher suite of a connection', { connection: (x, _i, span) => maybe(x.tls?.cipher, span) }),
  text('tls.version', 'TLS version of a connection', { connection: (x, _i, span) => maybe(x.tls?.version, span) }),
  number('decrypted', 'flag', 'the TLS connection was decrypted', { connection: (x) => (x.tls === undefined ? NaN : flag(x.tls.decrypted)) }),

  // --- Wireshark: layers ---------------------------------------------------------------------------------------------
  protocol('frame', 'any record; searches all that is kept of it', { connection: once, exchange: http.everything, upgrade: once, frame: read.anyPayload, message: read.anyPayload, diagnostic: once }),
  protocol('ip', 'over IPv4', { connection: layer(not6, once), exchange: layer(not6, http.everything), frame: layer(not6, read.anyPayload), message: layer(not6, read.anyPayload) }),
  protocol('ipv6', 'over IPv6', { connection: layer(read.isIpv6, once), exchange: layer(read.isIpv6, http.everything), frame: layer(read.isIpv6, read.anyPayload), message: layer(read.isIpv6, read.anyPayload) }),
  protocol('tcp', 'over TCP', { connection: once, exchange: http.everything, upgrade: once, frame: read.anyPayload, message: read.anyPayload }),
  protocol('tls', 'over TLS', { connection: layer((x: ConnectionRecord) => read.isSecure(x) || x.tls !== undefined, once), exchange: layer((x: ExchangeRecord) => x.secure, http.everything), frame: layer(read.isSecure, read.anyPayload), message: layer(read.isSecure, read.anyPayload) }),
  protocol('http', 'an HTTP exchange; searches heads and bodies', { exchange: layer(always, http.everything) }),
  protocol('http2', 'an HTTP/2 exchange', { exchange: layer(http.isHttp2, http.everything) }),
  protocol('websocket', 'a WebSocket frame, message or upgrade; searches payloads', { frame: read.anyPayload, message: layer(isWebSocket, read.anyPayload), upgrade: layer((x: UpgradeRecord) => x.protocol === 'websocket', once) }),

  // --- Wireshark: frame, IP, TCP, TLS --------------------------------------------------------------------------------
  number('frame.time_relative', 'duration', 'when it began, from the capture\'s first packet', {
    connection: (x) => x.openedAt, exchange: read.exchangeTime, upgrade: (x) => x.time, frame: (x) => x.time, message: (x) => x.time, diagnostic: (x) => x.time }),
  address('ip.addr', 'ipv4', 'either end\'s address', { connection: read.bothAddresses(4), exchange: read.bothAddresses(4), frame: read.bothAddresses(4), message: read.bothAddresses(4) }, many),
  address('ip.src', 'ipv4', 'sender\'s address; of exchanges and connections the client\'s', { connection: read.endAddress(client, 4), exchange: read.endAddress(client, 4), frame: read.senderAddress(4), message: read.senderAddress(4) }),
  address('ip.dst', 'ipv4', 'receiver\'s address; of exchanges and connections the server\'s', { connection: read.endAddress(server, 4), exchange: read.endAddress(server, 4), frame: read.receiverAddress(4), message: read.receiverAddress(4) }),
  address('ipv6.addr', 'ipv6', 'either end\'s IPv6 address', { connection: read.bothAddresses(6), exchange: read.bothAddresses(6), frame: read.bothAddresses(6), message: read.bothAddresses(6) }, many),
  address('ipv6.src', 'ipv6', 'sender\'s IPv6 address; of exchanges and connections the client\'s', { connection: read.endAddress(client, 6), exchange: read.endAddress(client, 6), frame: read.senderAddress(6), message: read.senderAddress(6) }),
  address('ipv6.dst', 'ipv6', 'receiver\'s IPv6 address; of exchanges and connections the server\'s', { connection: read.endAddress(server, 6), exchange: read.endAddress(server, 6), frame: read.receiverAddress(6), message: read.receiverAddress(6) }),
  number('tcp.port', 'integer', 'either end\'s port', { connection: read.bothPorts, exchange: read.bothPorts, frame: read.bothPorts, message: read.bothPorts }, ports),
  number('tcp.srcport', 'integer', 'sender\'s port; of exchanges and connections the client\'s', { connection: read.clientPort, exchange: read.clientPort, frame: read.senderPort, message: read.senderPort }, u16),
  number('tcp.dstport', 'integer', 'receiver\'s port; of exchanges and connections the server\'s', { connection: read.serverPort, exchange: read.serverPort, frame: read.receiverPort, message: read.receiverPort }, u16),
  number('tcp.analysis.retransmission', 'boolean', 'connections with retransmitted segments', { connection: read.anySide('retransmissions') }),
  number('tcp.analysis.out_of_order', 'boolean', 'connections with segments out of order', { connection: read.anySide('outOfOrder') }),
  number('tcp.analysis.lost_segment', 'boolean', 'connections with bytes missing from the capture', { connection: read.anySide('missingBytes') }),
  text('tls.handshake.extensions_server_name sni', 'server name the client asked for in TLS', { connection: (x, _i, span) => maybe(x.tls?.sni, span) }),
  text('tls.handshake.extensions_alpn_str alpn', 'protocol agreed on in TLS', { connection: (x, _i, span) => maybe(x.tls?.alpn, span) }),

  // --- Wireshark: HTTP -----------------------------------------------------------------------------------------------
  number('http.request', 'boolean', 'a request was seen', { exchange: (x) => read.when(x.request.present) }),
  number('http.response', 'boolean', 'a response was seen', { exchange: (x) => read.when(x.response.present) }),
  text('http.request.version', 'version in the request line: HTTP/1.1', { exchange: http.httpVersion('request') }),
  text('http.response.version', 'version in the status line: HTTP/1.1', { exchange: http.httpVersion('response') }),
  text('http.response.phrase', 'reason phrase of the response', { exchange: http.reason }),
  ...headerFields,
  text('http.sec_websocket_key', 'Sec-WebSocket-Key field', { exchange: http.header('Sec-WebSocket-Key', 'request'), upgrade: (x, i, span) => i === 0 && maybe(x.key, span) }, many),
  text('http.sec_websocket_accept', 'Sec-WebSocket-Accept field', { exchange: http.header('Sec-WebSocket-Accept', 'response'), upgrade: (x, i, span) => i === 0 && maybe(x.accept, span) }, many),
  text('http.sec_websocket_version', 'Sec-WebSocket-Version field', { exchange: http.header('Sec-WebSocket-Version'), upgrade: (x, i, span) => i === 0 && maybe(x.version, span) }, many),
  text('http.sec_websocket_protocol', 'Sec-WebSocket-Protocol field', { exchange: http.header('Sec-WebSocket-Protocol'), upgrade: (x, i, span) => i === 0 && maybe(x.subprotocol, span) }, many),
  text('http.sec_websocket_extensions', 'Sec-WebSocket-Extensions field', { exchange: http.header('Sec-WebSocket-Extensions'), upgrade: (x, i, span) => i === 0 && maybe(x.extensions, span) }, many),

  // --- Wireshark: WebSocket ------------------------------------------------------------------------------------------
  number('websocket.fin', 'boolean', 'the FIN bit', { frame: (x) => flag(x.fin) }),
  number('websocket.rsv', 'integer', 'the reserved bits, 0 to 7', { frame: (x) => x.rsv }, u8),
  number('websocket.pmc', 'boolean', 'the compression bit', { frame: (x) => flag((x.bits & 0x40) !== 0) }),
  number('websocket.mask', 'boolean', 'the mask bit', { frame: (x) => flag(x.masked) }),
  bytes('websocket.masking_key', 'the masking key: four bytes', { frame: read.maskingKey }),
  number('websocket.payload_length', 'size', 'length of the payload', { frame: (x) => x.payloadLength }),
  number('websocket.payload_length_ext_16', 'size', 'length of the payload where 16 bits tell it', { frame: (x) => read.when(read.extendedLength(x) === 2, x.payloadLength) }),
  number('websocket.payload_length_ext_64', 'size', 'length of the payload where 64 bits tell it', { frame: (x) => read.when(read.extendedLength(x) === 8, x.payloadLength) }),
  bytes('websocket.payload', 'the payload that is kept, unmasked', { frame: read.payload, message: (x, i, span) => isWebSocket(x) && read.payload(x, i, span) }, onBody),
  text('websocket.payload.text', 'the payload of text frames and messages', { frame: (x, i, span) => x.opcode === 1 && read.payload(x, i, span), message: (x, i, span) => x.kind === 'text' && read.payload(x, i, span) }, onBody),
  text('websocket.payload.close.reason', 'the reason in a close frame', { frame: read.closeReason, message: (x, _i, span) => x.reason !== undefined && span.utf8(x.reason) }, onBody),
  bytes('websocket.payload.ping', 'the payload of a ping', { frame: (x, i, span) => x.opcode === 9 && read.payload(x, i, span), message: (x, i, span) => x.kind === 'ping' && read.payload(x, i, span) }, onBody),
  bytes('websocket.payload.pong', 'the payload of a pong', { frame: (x, i, span) => x.opcode === 10 && read.payload(x, i, span), message: (x, i, span) => x.kind === 'pong' && read.payload(x, i, span) }, onBody),
];

const byName = new Map<string, Field>();
for (const field of fields) for (const name of [field.name, ...field.aliases]) byName.set(name, field);

/** The field with this name or alias. */
export function findField(name: string): Field | undefined {
  return byName.get(name);
}

/** Every name a field can be written with. */
export function fieldNames(): IterableIterator<string> {
  return byName.keys();
}
