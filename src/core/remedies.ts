/**
 * What to do about what decoders report: the part of the catalogue that `wirescope explain` and `diagnose` show under the
 * arrow. The doctor's findings have theirs in `findings.ts`. The order is that of `diagnostics.ts`.
 */
import { diagnostics, type DiagnosticCode, type DiagnosticEntry } from './diagnostics.ts';

const moreOfCapture = 'Capture with a larger buffer (tcpdump -B 65536), to a file, on a machine that is not busy.';
const wholePackets = 'Capture whole packets: tcpdump -s 0.';
const strictHead =
  'Mend the sender. What receives such heads should refuse them: proxies and servers read them differently.';
const oneFraming =
  'Refuse such messages and close the connection: where two receivers disagree, a second request can be smuggled in.';
const mendHttp2 = 'Mend the sender: the other side must give up the stream or the connection.';
const hostile = 'Mend the sender, unless it means harm: such traffic costs its receiver more than its sender.';
const bound = 'What was kept is bounded, so that hostile traffic cannot use up memory; the rest of this is not shown.';
const failConnection = 'Mend the sender: the other side must fail the connection (close code 1002).';
const secrets =
  'Give the secrets of this very session: --keys FILE, as SSLKEYLOGFILE makes it, or embedded by editcap.';

export const remedies: Readonly<Record<string, string>> = {
  // --- capture files -------------------------------------------------------------------------------------------------
  'capture.cut': 'Stop the capturing program with ^C rather than kill -9, or copy the file once it is done.',
  'capture.corrupt-record': 'Compare with the original file: a copy in text mode, or a full disk, does this.',
  'capture.stopped': 'Compare with the original file; what stands before the damage was read.',
  'capture.replaced': 'Follow the file that is being written; a ring of files needs a program that follows it.',
  'capture.unknown-interface': 'The program that wrote or merged the file is at fault; mergecap writes it anew.',

  // --- link and network ----------------------------------------------------------------------------------------------
  'link.unknown-type': 'Capture on an interface of another kind, such as eth0 or any.',
  'link.truncated': wholePackets,
  'link.nested-too-deep': 'Capture inside the innermost tunnel.',
  'ip.malformed': 'Look at the packet: damage on the way, or something that probes the receiver.',
  'ip.truncated': wholePackets,
  'ip.fragment-overlap': 'Drop overlapping fragments in the firewall: no honest sender makes them.',
  'ip.fragment-incomplete': 'A smaller MTU on the way: allow ICMP "fragmentation needed", or clamp the MSS.',
  'ip.fragment-limit': hostile,

  // --- TCP -----------------------------------------------------------------------------------------------------------
  'tcp.malformed': 'Look at the packet: damage on the way, or something that probes the receiver.',
  'tcp.gap': moreOfCapture,
  'tcp.conflicting-overlap':
    'Compare both copies in the packets named: something injects bytes, or a box on the way changes them.',
  'tcp.retired': 'Nothing is wrong with the connection; what it says later is read as a connection of its own.',
  'tcp.buffer-limit': moreOfCapture,
  'tcp.snapped': wholePackets,

  // --- HTTP/1: heads -------------------------------------------------------------------------------------------------
  'http.bad-start-line': 'Is it HTTP at all? Look at the bytes; another protocol on this port, or bytes lost before.',
  'http.start-line-whitespace': strictHead,
  'http.space-in-target': 'Encode the space as %20 before the request is made.',
  'http.missing-target': strictHead,
  'http.missing-version': 'Write HTTP/1.1 at the end of the request line.',
  'http.unknown-version': 'Write HTTP/1.1.',
  'http.simple-response': 'Nothing, for a request of HTTP/0.9; else the server has lost its head.',
  'http.status-range': 'Use a status from 100 to 599; receivers take others for 5xx of no meaning.',
  'http.icy': 'Nothing: streaming radio speaks like this.',
  'http.empty-lines': 'Mend the sender: often a line end too many behind the content before.',
  'http.bare-lf': 'End lines with CRLF: some receivers refuse the rest, and some read it otherwise.',
  'http.bare-cr': strictHead,
  'http.obs-fold': 'Write the value in one line: folding is forbidden.',
  'http.whitespace-before-fields': strictHead,
  'http.space-before-colon': 'Servers must answer 400 to this; what a proxy passes on like that can smuggle a request.',
  'http.bad-field-name': strictHead,
  'http.bad-field-line': strictHead,
  'http.control-character': 'Check what values are put into fields: unchecked input can split a response.',
  'http.non-ascii': 'Encode the value: RFC 8187 for parameters, percent-encoding in URLs.',
  'http.too-many-fields': bound,
  'http.head-too-large': 'Servers answer 431 to this: look for cookies that pile up. ' + bound,
  'http.incomplete-head': 'The connection ended, or bytes were lost, inside the head: is the other end up?',
  'http.missing-host': 'Send Host: servers must answer 400 without it.',
  'http.duplicate-host': 'Send one Host: servers must answer 400, and caches may take either.',

  // --- HTTP/1: content -----------------------------------------------------------------------------------------------
  'http.content-length-with-transfer-encoding': oneFraming,
  'http.duplicate-content-length': 'Send it once.',
  'http.conflicting-content-lengths': oneFraming,
  'http.bad-content-length': oneFraming,
  'http.content-length-overflow': oneFraming,
  'http.transfer-encoding-not-chunked': oneFraming,
  'http.odd-transfer-encoding': oneFraming,
  'http.transfer-encoding-in-1.0': oneFraming,
  'http.transfer-coding': 'Use Content-Encoding for compression: few receivers undo transfer codings.',
  'http.folded-framing-field': oneFraming,
  'http.framing-without-content':
    'Leave Content-Length and Transfer-Encoding out of 1xx and 204 responses: the next message may be taken for content.',
  'http.bad-chunk-size': oneFraming,
  'http.chunk-size-overflow': oneFraming,
  'http.chunk-size-junk': oneFraming,
  'http.chunk-extension': 'Leave them out: nobody reads them, and some receivers read them wrongly.',
  'http.chunk-bare-lf': oneFraming,
  'http.bad-chunk-end': oneFraming,
  'http.forbidden-trailer': 'Send the field in the head: receivers ignore it here, or should.',
  'http.unknown-coding': 'Have the server send gzip, br or zstd, if the content is to be seen here.',
  'http.corrupt-coding': 'Does something on the way change the content, or is it coded twice, or not at all?',
  'http.cut-coding': 'The sender stopped early, or the capture did: compare with the length that was announced.',
  'http.decode-limit': 'Beware of it: a small body that inflates without end is meant to use up memory.',

  // --- HTTP/1: connections -------------------------------------------------------------------------------------------
  'http.lone-response': 'Its request was not captured; else the server has answered one request twice.',
  'http.request-after-close': 'Open a new connection: what follows "Connection: close" is ignored.',
  'http.response-after-close': 'Close the connection after the response that announces it.',
  'http.pipeline-limit': bound,
  'http.held-limit': bound,
  'http.skipped': 'Bytes are missing before, or something else than HTTP was said: look at the stream.',

  // --- HTTP/2 --------------------------------------------------------------------------------------------------------
  'http2.bad-preface': 'Does the client know that this port speaks HTTP/2? Over TLS, ALPN settles that.',
  'http2.no-settings': mendHttp2,
  'http2.bad-setting': mendHttp2,
  'http2.stray-ack': mendHttp2,
  'http2.goaway': 'Open a new connection for further requests; those above its last stream may be sent again.',
  'http2.connection-error': 'The code and the text of its GOAWAY say why; the packets before it show what.',
  'http2.cut-frame': 'The connection ended in mid-frame: is the other end up?',
  'http2.skipped': moreOfCapture,
  'http2.stream-limit': bound,
  'http2.too-many-streams': 'Keep to SETTINGS_MAX_CONCURRENT_STREAMS: what is beyond it is refused.',
  'http2.rapid-reset': 'Bound resets per connection in the server (most do since CVE-2023-44487).',
  'http2.unknown-frame': 'Nothing: receivers ignore them.',
  'http2.frame-too-long': mendHttp2,
  'http2.frame-size': mendHttp2,
  'http2.wrong-stream': mendHttp2,
  'http2.bad-padding': mendHttp2,
  'http2.interrupted-block': mendHttp2,
  'http2.stray-continuation': mendHttp2,
  'http2.continuation-flood': hostile,
  'http2.bad-window-update': mendHttp2,
  'http2.window-exceeded': mendHttp2,
  'http2.flow-control-stall':
    'A larger window (SETTINGS_INITIAL_WINDOW_SIZE, and for the connection), or a receiver that reads faster.',
  'http2.idle-stream': mendHttp2,
  'http2.bad-stream-id': mendHttp2,
  'http2.after-end': mendHttp2,
  'http2.content-before-head': mendHttp2,
  'http2.content-length': mendHttp2,
  'http2.open-trailers': mendHttp2,
  'http2.malformed-head': mendHttp2,
  'http2.upper-case-name': 'Write field names in lower case.',
  'http2.connect-not-enabled': 'Wait for SETTINGS_ENABLE_CONNECT_PROTOCOL, or open the WebSocket over HTTP/1.1.',
  'http2.pushed': 'Nothing; browsers have given push up, so 103 Early Hints serves more clients.',
  'http2.client-push': mendHttp2,
  'http2.cancelled': 'Nothing, where the user left the page; else the client has lost patience.',
  'http2.reset': 'The code says whose fault it is; the log of that end says more.',
  'http2.not-processed': 'Send it again on a new connection: that is safe, whatever the method.',

  // --- HPACK ---------------------------------------------------------------------------------------------------------
  'hpack.unknown-index': 'Capture from the beginning of the connection.',
  'hpack.lost': moreOfCapture,
  'hpack.cut-block': mendHttp2,
  'hpack.field-too-long': bound,
  'hpack.too-many-fields': bound,
  'hpack.bad-index': mendHttp2,
  'hpack.bad-huffman': mendHttp2,
  'hpack.integer-overflow': mendHttp2,
  'hpack.misplaced-size-update': mendHttp2,
  'hpack.table-size': mendHttp2,

  // --- TLS -----------------------------------------------------------------------------------------------------------
  'tls.not-decrypted': secrets,
  'tls.environment-keys': 'Nothing, where that is meant; else unset SSLKEYLOGFILE.',
  'tls.key-log-line': 'A line is a label, the client random and the secret, in hex, with a space between.',
  'tls.bad-record': 'Bytes lost before, or something else than TLS was said: look at the stream.',
  'tls.bad-handshake': 'Mend the sender, unless it probes the receiver.',
  'tls.mac-failed': secrets,
  'tls.records-lost': moreOfCapture,
  'tls.damaged-record': moreOfCapture,
  'tls.held-limit': 'Give the secrets before the capture is read, not while it is followed.',
  'tls.fatal-alert':
    'Its description says why: most often a certificate, a name or a version that the peer does not take.',
  'tls.warning-alert': 'Nothing; close_notify is one of them.',
  'tls.no-close-notify':
    'Compare what was received with the length that was announced: anybody on the way can cut a stream.',
  'tls.deprecated-version': 'Allow TLS 1.2 and 1.3 only.',
  'tls.certificate-expired': 'Renew the certificate; or set the clock.',

  // --- gRPC ----------------------------------------------------------------------------------------------------------
  'grpc.cut': 'Does a proxy on the way cut the response, or answer in place of the server?',

  // --- protocol upgrades ---------------------------------------------------------------------------------------------
  'upgrade.protocol-not-offered': 'Switch to a protocol that the request offers in Upgrade, or answer as usual.',
  'upgrade.bad-response': 'Send Upgrade and Connection: Upgrade with the 101; does a proxy take them away?',
  'websocket.bad-request': 'Send GET, HTTP/1.1, Host, Upgrade: websocket and Connection: Upgrade, each once.',
  'websocket.repeated-token': 'Let only one of client, library and proxies add the fields of the upgrade.',
  'websocket.bad-key': 'Send 16 random bytes in Base64, once, anew for each handshake.',
  'websocket.bad-version': 'Send Sec-WebSocket-Version: 13.',
  'websocket.accept-mismatch':
    'The client must fail the connection. What answers did not read this key: a cache, or no WebSocket server.',
  'websocket.subprotocol-not-offered':
    'Choose one that the client offers, once, or none: the client must fail the connection.',
  'websocket.extension-not-offered':
    'Agree to what the client offers, or to nothing: the client must fail the connection.',
  'websocket.deflate-parameters':
    'Answer with parameters of RFC 7692 that the offer allows: the client must fail the connection.',

  // --- WebSocket -----------------------------------------------------------------------------------------------------
  'websocket.unmasked-client-frame': 'Mask what a client sends: the server must close the connection (1002).',
  'websocket.masked-server-frame': 'Do not mask what a server sends: the client must close the connection (1002).',
  'websocket.reserved-bits': failConnection,
  'websocket.misplaced-rsv1': 'Set RSV1 on the first frame of a compressed message only, never on control frames.',
  'websocket.unassigned-opcode': failConnection,
  'websocket.fragmented-control': 'Send control frames whole.',
  'websocket.long-control': 'Keep payloads of ping, pong and close to 125 bytes.',
  'websocket.length-not-minimal': 'Write the length in as few bytes as it takes.',
  'websocket.length-top-bit': failConnection,
  'websocket.continuation-without-start': failConnection,
  'websocket.interrupted-message':
    'End a fragmented message before the next one begins; only control frames may come between.',
  'websocket.invalid-utf8': 'Send it as binary, or encode it as UTF-8: the other side must close with 1007.',
  'websocket.short-close-body': 'Send a code of two bytes, or no body.',
  'websocket.invalid-close-code': 'Use 1000, another registered code that may be sent, or one from 3000 to 4999.',
  'websocket.data-after-close': 'Send nothing behind a close frame: it is thrown away.',
  'websocket.cut-frame': 'The connection ended in mid-frame: did the sender crash, or was it cut off?',
  'websocket.lost-sync': moreOfCapture,
  'websocket.corrupt-deflate':
    'Does the sender keep its compression context where it agreed not to, or mix up the streams of two connections?',
  'websocket.window-exceeded':
    'Give the compressor the window that was agreed (windowBits in zlib): who keeps no more than that cannot inflate it.',
  'websocket.deflate-context-lost': 'Capture from the beginning of the connection, without losses.',
  'websocket.inflate-limit': 'Beware of it: a small message that inflates without end is meant to use up memory.',
};

/** What to do about it, of any code. */
export function remedyOf(code: DiagnosticCode): string | undefined {
  const { remedy }: DiagnosticEntry = diagnostics[code];
  return remedy ?? remedies[code];
}
