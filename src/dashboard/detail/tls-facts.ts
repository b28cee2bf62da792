/** What is known of a connection's TLS: whether its content was decrypted, and if not, why not. */
import type { TlsJson } from '../../timeline/trace-format.ts';
import { captured, span, wrap, type Line } from '../styled.ts';

/** @param fact a line: a name, and what is said of it */
export function tlsLines(tls: TlsJson, fact: (name: string, ...value: Line['spans']) => Line, width: number): Line[] {
  const state = tls.decrypted
    ? span('✓ decrypted', 'good')
    : span('✗ not decrypted', 'warn');
  const resumed = tls.resumed === true ? [span(', resumed', 'dim')] : [];
  const early = tls.earlyData === true ? [span(', early data', 'dim')] : [];
  const lines: Line[] = [
    fact('tls', captured(tls.version), span('  ', 'dim'), state, ...resumed, ...early),
    ...(tls.reason === undefined ? [] : wrap(fact('', captured(tls.reason, tls.decrypted ? 'dim' : 'warn')), width, 12)),
    fact('cipher', captured(tls.cipher)),
  ];
  const inner = tls.innerSni === undefined ? [] : [span('  in the encrypted hello: ', 'dim'), captured(tls.innerSni)];
  if (tls.sni !== undefined || inner.length > 0) lines.push(fact('server name', captured(tls.sni ?? '–'), ...inner));
  const offered = tls.offered?.alpn.length ? captured(`  offered: ${tls.offered.alpn.join(', ')}`, 'dim') : span('');
  if (tls.alpn !== undefined || tls.offered?.alpn.length) lines.push(fact('alpn', captured(tls.alpn ?? 'none known'), offered));
  if (tls.ja4 !== undefined) lines.push(fact('ja4', captured(tls.ja4)));
  for (const { from, subject } of tls.certificates?.slice(0, 4) ?? [])
    lines.push(...wrap(fact('certificate', captured(subject), span(`  of the ${from}`, 'dim')), width, 12));
  // That an end says it sends no more is as it should be.
  const alerts = tls.alerts?.filter(({ description }) => description !== 'close_notify').slice(0, 4) ?? [];
  for (const { from, level, description } of alerts)
    lines.push(fact('alert', captured(description, level === 'fatal' ? 'bad' : 'warn'), span(`  ${level}, from the ${from}`, 'dim')));
  return lines;
} // prettier-ignore
