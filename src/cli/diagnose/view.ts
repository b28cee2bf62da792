/** The whole diagnosis: a pure function from what was gathered and a page to lines. */
import { printable } from '../../core/printable.ts';
import type { Doctor } from '../../insight/doctor/doctor.ts';
import type { Examination } from '../../insight/examination.ts';
import { countText } from '../../insight/units.ts';
import { cut } from '../../insight/cells.ts';
import type { Page } from '../summary/layout.ts';
import { upgradeLines } from '../summary/websocket.ts';
import { findingLines } from './findings.ts';
import { verdictLine } from '../summary/severity.ts';
import {
  cachingLines,
  clientLines,
  connectionLines,
  costLines,
  heartbeatLines,
  originLines,
  pollingLines,
  replyLines,
  resourceLines,
} from './sections.ts';

const narrowest = 72;
const broadest = 120;

/** @param doctor whose figures are shown; none where a filter chose what was seen */
export function diagnosisLines(given: Page, examination: Examination, doctor: Doctor | undefined): string[] {
  const page = { ...given, width: Math.min(broadest, Math.max(narrowest, given.width)) };
  const sections = [
    titleLines(page, examination),
    findingLines(page, examination.findings),
    upgradeLines(page, examination),
    ...(doctor === undefined ? [] : [pollingLines(page, doctor)]),
    costLines(page, examination),
    ...(doctor === undefined ? [] : [heartbeatLines(page, doctor)]),
    replyLines(page, examination),
    ...(doctor === undefined ? [] : [cachingLines(page, doctor), connectionLines(page, doctor)]),
    resourceLines(page, examination),
    originLines(page, examination),
    clientLines(page, examination),
  ].filter((lines) => lines.length > 0);
  return sections.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

function titleLines(page: Page, { facts, end, findings }: Examination): string[] {
  const name = page.paint('bold', cut(printable(facts?.name ?? '-'), page.width));
  const packets = end === undefined ? '' : page.paint('dim', `  (${countText(end.packets)} packets)`);
  return [name + packets, verdictLine(page, (severity) => findings.of(severity))];
}
