/**
 * Everything that can be wrong with captured bytes: one catalogue. A code is `layer.what-is-wrong`; its entry says how
 * bad it is, in one plain sentence what it means, and where the rule stands.
 *
 * error: the protocol is violated or data is lost. warning: allowed but ambiguous, or likely a fault. note: worth knowing.
 */
import { findings } from './findings.ts';

export type Severity = 'error' | 'warning' | 'note';

export interface DiagnosticEntry {
  readonly severity: Severity;
  readonly title: string;
  readonly reference?: string;
  /** What to do about it; lines that are indented stand as they are. */
  readonly remedy?: string;
}

function error(title: string, reference?: string): DiagnosticEntry {
  return entry('error', title, reference);
}
function warning(title: string, reference?: string): DiagnosticEntry {
  return entry('warning', title, reference);
}
function note(title: string, reference?: string): DiagnosticEntry {
  return entry('note', title, reference);
}
function entry(severity: Severity, title: string, reference?: string): DiagnosticEntry {
  return reference === undefined ? { severity, title } : { severity, title, reference };
}

export const diagnostics = {
  // --- capture files -------------------------------------------------------------------------------------------------
  'capture.cut': warning('the capture ends in the middle of a record'),
  'capture.corrupt-record': error('a damaged record; reading went on at the next one that is whole'),
  'capture.stopped': error('a damaged record; nothing after it can be read'),
  'capture.replaced': warning('the file was replaced or cut down while it was followed; reading ended there'),
  'capture.unknown-interface': error('a packet names an interface that was not described'),

  // --- link and network ----------------------------------------------------------------------------------------------
  'link.unknown-type': warning('packets of a link type that wirescope does not decode'),
  'link.truncated': warning('packets too short for their link-layer header'),
  'link.nested-too-deep': warning('more tunnels inside one another than are followed'),
  'ip.malformed': warning('an IP header that contradicts itself', 'RFC 791 3.1'),
  'ip.truncated': warning('packets cut off inside their IP header'),
  'ip.fragment-overlap': error('IP fragments overlap: receivers differ in what they make of it', 'RFC 5722 3'),
  'ip.fragment-incomplete': warning('an IP packet of which fragments are missing', 'RFC 791 3.2'),
  'ip.fragment-limit': warning('more IP fragments wait for their rest than are kept'),

  // --- TCP -----------------------------------------------------------------------------------------------------------
  'tcp.malformed': warning('a TCP header that contradicts itself', 'RFC 9293 3.1'),
  'tcp.gap': warning('bytes of this stream are missing from the capture'),
  'tcp.conflicting-overlap': error(
    'a retransmission carries other bytes than the first copy: an evasion, or damage',
    'RFC 9293 3.10.7.4',
  ),
  'tcp.retired': note('the connection was idle the longest when the limit on open connections was reached'),
  'tcp.buffer-limit': warning('more bytes waited for a missing segment than are kept'),
  'tcp.snapped': warning('the capture kept only the head of packets: the rest of their bytes is missing'),

  // --- HTTP/1: heads -------------------------------------------------------------------------------------------------
  'http.bad-start-line': error('bytes that are neither a request line nor a status line', 'RFC 9112 2.1'),
  'http.start-line-whitespace': warning('a start line with other white space than single spaces', 'RFC 9112 3'),
  'http.space-in-target': error('white space inside a request target', 'RFC 9112 3.2'),
  'http.missing-target': error('a request line without a target', 'RFC 9112 3'),
  'http.missing-version': warning('a request line without a version: HTTP/0.9, or broken', 'RFC 9112 3'),
  'http.unknown-version': warning('a version other than HTTP/1.0 and HTTP/1.1', 'RFC 9112 2.3'),
  'http.simple-response': note('a response without a head, as in HTTP/0.9: read as status 200', 'RFC 1945 6'),
  'http.status-range': warning('a status code outside 100-599', 'RFC 9110 15'),
  'http.icy': note('a SHOUTcast response (ICY), read as HTTP/1.0'),
  'http.empty-lines': note('empty lines before a start line', 'RFC 9112 2.2'),
  'http.bare-lf': warning('a line of a head ends in LF without CR', 'RFC 9112 2.2'),
  'http.bare-cr': error('a CR inside a line of a head: some receivers end the line there', 'RFC 9112 2.2'),
  'http.obs-fold': warning('a field value goes on in the next line (obs-fold)', 'RFC 9112 5.2'),
  'http.whitespace-before-fields': error('white space between the start line and the first field', 'RFC 9112 2.2'),
  'http.space-before-colon': error('white space between a field name and its colon', 'RFC 9112 5.1'),
  'http.bad-field-name': error('a field name with characters no name may have', 'RFC 9110 5.1'),
  'http.bad-field-line': error('a field line without a colon; it is passed over', 'RFC 9112 5'),
  'http.control-character': error('a control character in a head', 'RFC 9110 5.5'),
  'http.non-ascii': note('octets above 0x7f in a head', 'RFC 9110 5.5'),
  'http.too-many-fields': warning('more field lines than are kept', 'RFC 9110 5.4'),
  'http.head-too-large': error('a head or trailer section longer than is read', 'RFC 9110 5.4'),
  'http.incomplete-head': warning('a head of which the end is missing', 'RFC 9112 8'),
  'http.missing-host': error('an HTTP/1.1 request without Host', 'RFC 9112 3.2'),
  'http.duplicate-host': error('a request with several Host fields', 'RFC 9112 3.2'),

  // --- HTTP/1: content -----------------------------------------------------------------------------------------------
  'http.content-length-with-transfer-encoding': error('two ways to tell where the content ends', 'RFC 9112 6.3'),
  'http.duplicate-content-length': warning('the same Content-Length several times', 'RFC 9110 8.6'),
  'http.conflicting-content-lengths': error('Content-Length values that differ', 'RFC 9112 6.3'),
  'http.bad-content-length': error('a Content-Length that is not a number', 'RFC 9110 8.6'),
  'http.content-length-overflow': error('a Content-Length larger than can be counted', 'RFC 9110 8.6'),
  'http.transfer-encoding-not-chunked': error('a message whose last transfer coding is not chunked', 'RFC 9112 6.3'),
  'http.odd-transfer-encoding': error('a Transfer-Encoding that receivers read in different ways', 'RFC 9112 6.1'),
  'http.transfer-encoding-in-1.0': error('Transfer-Encoding in an HTTP/1.0 message', 'RFC 9112 6.1'),
  'http.transfer-coding': note('a transfer coding other than chunked, which is not undone', 'RFC 9112 7'),
  'http.folded-framing-field': error('a field that frames the message is folded', 'RFC 9112 5.2'),
  'http.framing-without-content': warning('a response that has no content announces some', 'RFC 9112 6.1'),
  'http.bad-chunk-size': error('a chunk without a size; where the message ends is unknown', 'RFC 9112 7.1'),
  'http.chunk-size-overflow': error('a chunk size larger than can be counted', 'RFC 9112 7.1'),
  'http.chunk-size-junk': error('something other than an extension behind a chunk size', 'RFC 9112 7.1'),
  'http.chunk-extension': note('a chunk extension', 'RFC 9112 7.1.1'),
  'http.chunk-bare-lf': error('a line of the chunked coding ends in LF without CR', 'RFC 9112 7.1'),
  'http.bad-chunk-end': error(
    'chunk data longer than its size says; where the message ends is unknown',
    'RFC 9112 7.1',
  ),
  'http.forbidden-trailer': warning('a trailer field that must stand in the head', 'RFC 9110 6.5.1'),
  'http.unknown-coding': note('a content coding that is not undone', 'RFC 9110 8.4'),
  'http.corrupt-coding': error('coded content that cannot be decoded from some point on', 'RFC 9110 8.4'),
  'http.cut-coding': warning('coded content that stops before its end', 'RFC 9110 8.4'),
  'http.decode-limit': warning('content that decodes to more bytes than are decoded: cut there', 'RFC 9110 17.6'),

  // --- HTTP/1: connections -------------------------------------------------------------------------------------------
  'http.lone-response': warning('a response that no request asked for', 'RFC 9112 9.2'),
  'http.request-after-close': warning('a request after one that announced to be the last', 'RFC 9112 9.6'),
  'http.response-after-close': warning('a response after one that announced to be the last', 'RFC 9112 9.6'),
  'http.pipeline-limit': warning('more unanswered requests than are kept waiting', 'RFC 9112 9.3.2'),
  'http.held-limit': warning('more bytes wait for the outcome of an upgrade than are held'),
  'http.skipped': warning('bytes passed over in search of the next message'),

  // --- HTTP/2: connections ----------------------------------------------------------------------------------------------
  'http2.bad-preface': error('the client does not begin with the HTTP/2 preface', 'RFC 9113 3.4'),
  'http2.no-settings': error('a side does not begin with SETTINGS', 'RFC 9113 3.4'),
  'http2.bad-setting': error('a setting with a value it may not have', 'RFC 9113 6.5.2'),
  'http2.stray-ack': warning('an acknowledgement of something that was not sent', 'RFC 9113 6.5.3'),
  'http2.goaway': note('a side will take no new streams', 'RFC 9113 6.8'),
  'http2.connection-error': error('a side gave up the connection because of an error', 'RFC 9113 5.4.1'),
  'http2.cut-frame': warning('the stream ends inside a frame', 'RFC 9113 4.1'),
  'http2.skipped': warning('bytes passed over in search of the next frame'),
  'http2.stream-limit': warning('more open streams than are kept: the oldest are given up', 'RFC 9113 5.1.2'),
  'http2.too-many-streams': warning('more streams open at once than the other side accepts', 'RFC 9113 5.1.2'),
  'http2.rapid-reset': warning('a client that takes most requests back before they are answered', 'RFC 9113 10.5'),

  // --- HTTP/2: frames ----------------------------------------------------------------------------------------------------
  'http2.unknown-frame': note('frames of a type that is not known: receivers ignore them', 'RFC 9113 5.5'),
  'http2.frame-too-long': error('a frame longer than the other side accepts', 'RFC 9113 4.2'),
  'http2.frame-size': error('a frame of a length that its type may not have', 'RFC 9113 4.2'),
  'http2.wrong-stream': error('a frame on a stream where its type has no place', 'RFC 9113 6'),
  'http2.bad-padding': error('padding that is longer than its frame', 'RFC 9113 6.1'),
  'http2.interrupted-block': error('another frame inside a field block', 'RFC 9113 6.10'),
  'http2.stray-continuation': error('CONTINUATION without a field block to continue', 'RFC 9113 6.10'),
  'http2.continuation-flood': warning('a field block of very many CONTINUATION frames', 'RFC 9113 10.5.1'),
  'http2.bad-window-update': error('a window update of nothing, or of too much', 'RFC 9113 6.9'),
  'http2.window-exceeded': error('more content than flow control allows', 'RFC 9113 6.9.1'),
  'http2.flow-control-stall': note('a sender had to wait because the window was used up', 'RFC 9113 5.2'),

  // --- HTTP/2: streams ---------------------------------------------------------------------------------------------------
  'http2.idle-stream': error('a frame on a stream that was not opened', 'RFC 9113 5.1'),
  'http2.bad-stream-id': error('a stream identifier that this side may not open', 'RFC 9113 5.1.1'),
  'http2.after-end': error('a frame behind the end of its side of the stream', 'RFC 9113 5.1'),
  'http2.content-before-head': error('content before a head', 'RFC 9113 8.1'),
  'http2.content-length': error('content of another length than Content-Length says', 'RFC 9113 8.1.1'),
  'http2.open-trailers': error('trailers that do not end the message', 'RFC 9113 8.1'),
  'http2.malformed-head': error('a head that breaks a rule of HTTP/2', 'RFC 9113 8.1.1'),
  'http2.upper-case-name': error('a field name with capital letters', 'RFC 9113 8.2.1'),
  'http2.connect-not-enabled': error('extended CONNECT to a server that has not offered it', 'RFC 8441 3'),
  'http2.pushed': note('a response to a request that the server promised', 'RFC 9113 8.4'),
  'http2.client-push': error('a client sent PUSH_PROMISE', 'RFC 9113 8.4'),
  'http2.cancelled': note('the stream was given up without an error', 'RFC 9113 6.4'),
  'http2.reset': warning('the stream was given up because of an error', 'RFC 9113 6.4'),
  'http2.not-processed': note('the other side has not acted on this stream: it may be sent again', 'RFC 9113 6.8'),

  // --- HPACK -------------------------------------------------------------------------------------------------------------
  'hpack.unknown-index': note('fields that refer to others which were not captured', 'RFC 7541 2.3.3'),
  'hpack.lost': warning('a field block with bytes missing: what follows refers to fields that are not known'),
  'hpack.cut-block': error('a field block that ends inside a field', 'RFC 9113 4.3'),
  'hpack.field-too-long': warning('a field longer than is read', 'RFC 9113 10.5.1'),
  'hpack.too-many-fields': warning('more fields in a section than are kept', 'RFC 9113 10.5.1'),
  'hpack.bad-index': error('a reference to a field that is in no table', 'RFC 7541 2.3.3'),
  'hpack.bad-huffman': error('a Huffman-coded string that cannot be decoded', 'RFC 7541 5.2'),
  'hpack.integer-overflow': error('an integer larger than can be meant', 'RFC 7541 5.1'),
  'hpack.misplaced-size-update': error('a table size update behind a field', 'RFC 7541 4.2'),
  'hpack.table-size': error('a dynamic table larger than the other side permits', 'RFC 7541 4.2'),

  // --- TLS -----------------------------------------------------------------------------------------------------------
  'tls.not-decrypted': note('a TLS connection that was not decrypted'),
  'tls.environment-keys': note('the key log that the environment names was read unasked'),
  'tls.key-log-line': warning('a line of a key log that cannot be read'),
  'tls.bad-record': error('bytes that are no TLS record', 'RFC 8446 5.1'),
  'tls.bad-handshake': error('a handshake message that contradicts itself', 'RFC 8446 4'),
  'tls.mac-failed': error('a record that its keys do not open: a wrong secret, or damage', 'RFC 8446 5.2'),
  'tls.records-lost': note('records are missing; decryption went on behind them'),
  'tls.damaged-record': note('a record with bytes missing was decrypted; nothing vouches for what it says'),
  'tls.held-limit': warning('more encrypted bytes wait for a secret than are held'),
  'tls.fatal-alert': warning('a fatal alert', 'RFC 8446 6.2'),
  'tls.warning-alert': note('an alert', 'RFC 8446 6'),
  'tls.no-close-notify': note('the stream ends without close_notify: it may have been cut', 'RFC 8446 6.1'),
  'tls.deprecated-version': note('a version of TLS that must not be used', 'RFC 8996'),
  'tls.certificate-expired': warning('a certificate used outside the time it is valid for', 'RFC 5280 4.1.2.5'),

  // --- gRPC --------------------------------------------------------------------------------------------------------------
  'grpc.cut': warning('gRPC content that ends inside a message, or is none'),

  // --- protocol upgrades ---------------------------------------------------------------------------------------------
  'upgrade.protocol-not-offered': error(
    'a 101 response switches to a protocol the request did not offer',
    'RFC 9110 7.8',
  ),
  'upgrade.bad-response': error('a 101 response without the fields that a switch of protocols needs', 'RFC 9110 7.8'),
  'websocket.bad-request': error('an opening handshake that breaks a rule for requests', 'RFC 6455 4.1'),
  'websocket.repeated-token': note('Upgrade or Connection names the same twice', 'RFC 6455 4.1'),
  'websocket.bad-key': error('Sec-WebSocket-Key is not the base64 form of 16 bytes, once', 'RFC 6455 4.1'),
  'websocket.bad-version': warning('Sec-WebSocket-Version is not 13', 'RFC 6455 4.1'),
  'websocket.accept-mismatch': error('Sec-WebSocket-Accept is not what the key demands', 'RFC 6455 4.2.2'),
  'websocket.subprotocol-not-offered': error('the server chose a subprotocol the client did not offer', 'RFC 6455 4.1'),
  'websocket.extension-not-offered': error(
    'the server agreed to an extension the client did not offer',
    'RFC 6455 4.1',
  ),
  'websocket.deflate-parameters': error(
    'permessage-deflate is agreed with parameters that a response may not carry',
    'RFC 7692 7.1',
  ),

  // --- WebSocket -----------------------------------------------------------------------------------------------------
  'websocket.unmasked-client-frame': error('a client sent a frame that is not masked', 'RFC 6455 5.1'),
  'websocket.masked-server-frame': error('a server sent a masked frame', 'RFC 6455 5.1'),
  'websocket.reserved-bits': error('a reserved bit is set that no agreed extension gives a meaning to', 'RFC 6455 5.2'),
  'websocket.misplaced-rsv1': error('the compression bit stands on a continuation or control frame', 'RFC 7692 6.1'),
  'websocket.unassigned-opcode': error('an opcode that is not assigned', 'RFC 6455 5.2'),
  'websocket.fragmented-control': error('a control frame is fragmented', 'RFC 6455 5.5'),
  'websocket.long-control': error('a control frame carries more than 125 bytes', 'RFC 6455 5.5'),
  'websocket.length-not-minimal': error('a payload length is written with more bytes than it needs', 'RFC 6455 5.2'),
  'websocket.length-top-bit': error('the top bit of a 64-bit payload length is set', 'RFC 6455 5.2'),
  'websocket.continuation-without-start': error('a continuation frame with no message to continue', 'RFC 6455 5.4'),
  'websocket.interrupted-message': error('a new message starts inside a fragmented one', 'RFC 6455 5.4'),
  'websocket.invalid-utf8': error('text that is not UTF-8', 'RFC 6455 8.1'),
  'websocket.short-close-body': error('a close frame with a body of one byte', 'RFC 6455 5.5.1'),
  'websocket.invalid-close-code': error('a close code that must not be sent', 'RFC 6455 7.4'),
  'websocket.data-after-close': error('frames after this side sent a close frame', 'RFC 6455 5.5.1'),
  'websocket.cut-frame': warning('the stream ends inside a frame', 'RFC 6455 5.2'),
  'websocket.lost-sync': warning('missing bytes hide where frames begin; frames are skipped up to the next sure start'),
  'websocket.corrupt-deflate': error('a compressed message that cannot be inflated', 'RFC 7692 7.2.2'),
  'websocket.window-exceeded': error(
    'compressed messages refer further back than the window that was agreed',
    'RFC 7692 7.1.2',
  ),
  'websocket.deflate-context-lost': warning(
    'later messages that refer to bytes not known cannot be inflated',
    'RFC 7692 7.2.3.2',
  ),
  'websocket.inflate-limit': warning('a message inflates to more bytes than are decoded'),

  // --- what the doctor finds -----------------------------------------------------------------------------------------
  ...findings,
} as const satisfies Record<string, DiagnosticEntry>;

export type DiagnosticCode = keyof typeof diagnostics;
