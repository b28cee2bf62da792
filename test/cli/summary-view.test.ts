import { describe, expect, test } from 'vitest';
import { colours, plain } from '../../src/cli/paint.ts';
import { summaryLines } from '../../src/cli/summary/view.ts';
import { cellWidth } from '../../src/insight/cells.ts';
import { Totals } from '../../src/insight/totals.ts';
import { demoTotals } from '../insight/demo-totals.ts';
import { facts, summary, exchange, diagnostic } from '../insight/built-records.ts';

const totals = demoTotals();
const style = /\x1b\[\d+m/g; // oxlint-disable-line no-control-regex

describe('the summary', () => {
  test('reads like this', async () => {
    await expect(summaryLines({ paint: plain, width: 80 }, totals).join('\n') + '\n').toMatchFileSnapshot(
      'summary-80.txt',
    );
  });

  test.each([20, 72, 80, 97, 120, 300])('keeps to %d columns', (columns) => {
    const width = Math.min(120, Math.max(72, columns));
    for (const line of summaryLines({ paint: plain, width: columns }, totals))
      expect(cellWidth(line)).toBeLessThanOrEqual(width);
  });

  test('is the same text with colours', () => {
    const coloured = summaryLines({ paint: colours, width: 80 }, totals);
    expect(coloured.map((line) => line.replace(style, ''))).toEqual(summaryLines({ paint: plain, width: 80 }, totals));
  });

  test('shows hostile text escaped', () => {
    const text = summaryLines({ paint: plain, width: 120 }, totals).join('');
    expect(text).toContain('evil\\x1b[2Jhost');
    expect(text).not.toMatch(/\p{Cc}/u);
  });

  test('of an empty capture says that nothing is there', () => {
    const empty = new Totals();
    empty.capture({ ...facts, kind: 'stdin', name: '-' });
    empty.summary(summary({ packets: 0, bytes: 0, duration: 0 }));
    const text = summaryLines({ paint: plain, width: 80 }, empty).join('\n');
    expect(text).toContain('standard input\npcapng · Ethernet · 0 packets · 0 B · 0 ns\n');
    expect(text).toContain('nothing wrong was found');
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('adds up the hosts and methods it does not name', () => {
    const many = new Totals();
    for (let i = 0; i < 10_050; i++) many.exchange(exchange({ request: `M${i % 12} / HTTP/1.1\nHost: h${i}` }));
    const lines = summaryLines({ paint: plain, width: 80 }, many);
    expect(lines.find((line) => line.includes('2 others'))).toBeDefined();
    expect(lines.find((line) => /more than 9,992 others .* 10,042 /.test(line))).toBeDefined();
  });

  test('sorts diagnostics worst first', () => {
    const some = new Totals();
    for (const code of ['tcp.retired', 'tcp.gap', 'ip.fragment-overlap'] as const) some.diagnostic(diagnostic(code));
    const marks = summaryLines({ paint: plain, width: 80 }, some).filter((line) => /[✖▲●]/.test(line));
    expect(marks.map((line) => line.trim().split(/\s+/)[3])).toEqual(['ip.fragment-overlap', 'tcp.gap', 'tcp.retired']);
  });
});
