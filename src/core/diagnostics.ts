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
  'tcp.conflicting-overlap': error('a retransmission carries other bytes than the first copy: an evasion, or damage', 'RFC 9293 3.10.7.4'),
  'tcp.retired': note('the connection was idle the longest when the limit on open connections was reached'),
  'tcp.buffer-limit': warning('more bytes waited for a missing segment than are kept'),
  'tcp.snapped': warning('the capture kept only the head of packets: the rest of their bytes is missing'),
} as const satisfies Record<string, DiagnosticEntry>;

export type DiagnosticCode = keyof typeof diagnostics;
