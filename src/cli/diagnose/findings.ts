/** Findings, grouped by code: sentence, reference, places, remedy. */
import { printable } from '../../core/printable.ts';
import { remedyOf } from '../../core/remedies.ts';
import { cellWidth } from '../../insight/cells.ts';
import type { FindingGroup, FindingGroups } from '../../insight/finding-groups.ts';
import { countText, spanText } from '../../insight/units.ts';
import type { DiagnosticRecord } from '../../timeline/records.ts';
import { indent, remedyLines, wrapped, type Page } from '../summary/layout.ts';
import { marks } from '../summary/severity.ts';

export function findingLines(page: Page, findings: FindingGroups): string[] {
  return findings.entries().flatMap((group, i) => [...(i === 0 ? [] : ['']), ...groupLines(page, group)]);
}

function groupLines(page: Page, group: FindingGroup): string[] {
  const { paint, width } = page;
  const { severity, title, reference } = group.entry;
  const remedy = remedyOf(group.code);
  const [mark, style] = marks[severity];
  const times = group.count === 1 ? 'once' : `${countText(group.count)} times`;
  const rule = width - 2 - group.code.length - 2 - severity.length - 3 - times.length;
  const head = `${paint(style, mark)} ${paint('bold', group.code)} ${paint('dim', '─'.repeat(Math.max(1, rule)))}`;
  const more = group.count - group.first.length;
  return [
    `${head} ${paint(style, severity)}${paint('dim', ' · ')}${times}`,
    ...sentence(page, title, reference),
    ...group.first.flatMap((record) => placeLines(page, record, title)),
    ...(more > 0 ? [paint('dim', `${indent}${indent}and ${countText(more)} more`)] : []),
    ...(remedy === undefined ? [] : remedyLines(page, remedy)),
  ];
}

/** The title as a sentence, the reference at the right edge of its last line where there is room. */
function sentence({ paint, width }: Page, title: string, reference: string | undefined): string[] {
  const lines = wrapped(title[0]!.toUpperCase() + title.slice(1) + '.', width - indent.length).map(
    (line) => indent + line,
  );
  if (reference === undefined) return lines;
  const last = lines.at(-1)!;
  const room = width - cellWidth(last) - reference.length;
  if (room < 2) return [...lines, ' '.repeat(width - reference.length) + paint('dim', reference)];
  return [...lines.slice(0, -1), last + ' '.repeat(room) + paint('dim', reference)];
}

function placeLines({ paint, width }: Page, record: DiagnosticRecord, title: string): string[] {
  const detail = printable(record.message);
  const place = placeText(record);
  const said = detail === title ? [] : wrapped(detail, width - 6).slice(0, 4);
  return [`${indent}${indent}${paint('cyan', place)}`, ...said.map((line) => `      ${line}`)];
}

/** `packet 40 · 1.20 s · connection 2 · exchange 12 · from the server · byte 1,234`. */
function placeText({ packet, time, connection, exchange, side, offset }: DiagnosticRecord): string {
  const parts = [];
  if (packet > 0) parts.push(`packet ${countText(packet)}`);
  if (packet > 0 || connection >= 0) parts.push(`at ${spanText(time)}`);
  if (connection >= 0) parts.push(`connection ${connection}`);
  if (exchange >= 0) parts.push(`exchange ${exchange}`);
  if (side >= 0) parts.push(side === 0 ? 'client' : 'server');
  if (offset >= 0) parts.push(`byte ${countText(offset)}`);
  return parts.length === 0 ? 'the capture as a whole' : parts.join(' · ');
}
