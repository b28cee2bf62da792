/** The whole summary: a pure function from totals and a page to lines. */
import type { Totals } from '../../insight/totals.ts';
import { captureLines } from './capture.ts';
import { diagnosticLines } from './diagnostics.ts';
import { hostLines, latencyLines, methodLines, slowestLines, statusLines } from './http.ts';
import type { Page } from './layout.ts';
import { trafficLines } from './traffic.ts';
import { upgradeLines, webSocketLines } from './websocket.ts';

/** From top to bottom. A section without lines is left out. */
const sections: readonly ((page: Page, totals: Totals) => string[])[] = [
  captureLines,
  trafficLines,
  statusLines,
  methodLines,
  hostLines,
  latencyLines,
  slowestLines,
  upgradeLines,
  webSocketLines,
  diagnosticLines,
];

const narrowest = 72;
const broadest = 120;

export function summaryLines(page: Page, totals: Totals): string[] {
  const width = Math.min(broadest, Math.max(narrowest, page.width));
  const shown = sections.map((section) => section({ ...page, width }, totals)).filter((lines) => lines.length > 0);
  return shown.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
