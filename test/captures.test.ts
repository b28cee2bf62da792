/**
 * Every capture of `captures/` against its golden event log. `npm run goldens` writes them anew; review the diff.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { analyze } from '../src/index.ts';
import type { RecordJson } from '../src/timeline/trace-format.ts';
import { eventLog } from './support/event-log.ts';

const captures = fileURLToPath(new URL('../captures/', import.meta.url));
const goldens = fileURLToPath(new URL('./goldens/', import.meta.url));

const longest = 2500;

const names = readdirSync(captures).filter((name) => /\.pcap(ng)?(\.(gz|zst))?$/.test(name));

test.each(names)('%s', async (name) => {
  const records: RecordJson[] = [];
  // A key log beside the capture has its name.
  const keyLog = captures + name.replace(/\.pcap.*/, '.keys');
  const keys = existsSync(keyLog) ? [keyLog] : [];
  for await (const record of analyze(captures + name, { keys })) records.push(record);
  const log = shortened(eventLog(records));
  const golden = `${goldens}${name}.txt`;
  if (process.env['UPDATE_GOLDENS'] === '1') {
    mkdirSync(goldens, { recursive: true });
    writeFileSync(golden, log);
  }
  expect(log).toBe(readFileSync(golden, 'utf8'));
});

/** More than a person reviews stands as a digest. */
function shortened(log: string): string {
  const lines = log.split('\n');
  if (lines.length <= longest) return log;
  const digest = createHash('sha256').update(log).digest('hex').slice(0, 16);
  return `${lines.slice(0, longest).join('\n')}\n... ${lines.length - longest} more lines, all together sha256 ${digest}\n`;
}
