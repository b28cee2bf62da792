/**
 * Everything that can be wrong with captured bytes: one catalogue. A code is `layer.what-is-wrong`; its entry says how
 * bad it is, in one plain sentence what it means, and where the rule stands.
 *
 * error: the protocol is violated or data is lost. warning: allowed but ambiguous, or likely a fault. note: worth knowing.
 */
export type Severity = 'error' | 'warning' | 'note';

export interface DiagnosticEntry {
  readonly severity: Severity;
  readonly title: string;
  readonly reference?: string;
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

  // --- protocol upgrades ---------------------------------------------------------------------------------------------
  'upgrade.protocol-not-offered': error(
    'a 101 response switches to a protocol the request did not offer',
    'RFC 9110 7.8',
  ),
  'upgrade.bad-response': error('a 101 response without the fields that a switch of protocols needs', 'RFC 9110 7.8'),
  'websocket.bad-request': error('an opening handshake that breaks a rule for requests', 'RFC 6455 4.1'),
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
  'websocket.deflate-context-lost': warning(
    'later messages that refer to bytes not known cannot be inflated',
    'RFC 7692 7.2.3.2',
  ),
  'websocket.inflate-limit': warning('a message inflates to more bytes than are decoded'),
} as const satisfies Record<string, DiagnosticEntry>;

export type DiagnosticCode = keyof typeof diagnostics;
