/** Every row of every capture is found again when somebody looks at it. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { analyzeTo } from '../../src/cli/analyze.ts';
import { Replay } from '../../src/cli/replay.ts';
import { World } from '../../src/dashboard/world.ts';
import { ExchangeFlag } from '../../src/timeline/exchange-table.ts';
import { Timeline } from '../../src/timeline/timeline.ts';

const captures = readdirSync('captures').filter((name) => /\.(pcap|pcapng)(\.gz|\.zst)?$/.test(name));

test.each(captures)('%s', async (name) => {
  const path = `captures/${name}`;
  const timeline = new Timeline();
  const keys = name === 'tls-suites.pcap' ? ['captures/tls-suites.keys'] : [];
  await analyzeTo(path, [timeline], { maxBody: 256, keys });
  const reading = { name, live: false, bytes: 0, size: 0, done: true, rate: 0, failure: undefined, again: undefined };
  const details = new Replay(path, { keys });
  const world = new World({ timeline, details, reading, again: undefined, changed() {} });
  const { exchanges: x, messages: m, texts } = timeline;
  const wrong: string[] = [];
  // A few of each: the first, the last, and some in between.
  const some = (count: number): number[] => Array.from({ length: count }, (_, row) => row).filter((row) => row < 12 || row > count - 4 || row % 9 === 0);
  for (const row of some(x.count)) {
    if (x.has(row, ExchangeFlag.orphan)) continue;
    const detail = await world.exchangeNow(row);
    const same = detail !== undefined && detail.target === texts.latin1(x.target.at(row)) && detail.status === x.status.at(row);
    if (!same) wrong.push(`exchange ${x.id.at(row)}`);
  }
  for (const row of some(m.count)) {
    const detail = await world.messageNow(row);
    if (detail === undefined || detail.length !== m.length.at(row)) wrong.push(`message ${m.id.at(row)}`);
  }
  expect(wrong).toEqual([]);
}); // prettier-ignore
