/** Every transcript, whole, byte by byte, cut at every position, and with holes. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cuts, deliver, holes } from '../../support/transcript.ts';
import { Http2Log } from './http2-log.ts';
import { readHttp2Transcripts, type Http2Transcript } from './http2-transcript.ts';

const folder = new URL('../../transcripts/http2/', import.meta.url);

function logOf({ midstream, upgradedSettings }: Http2Transcript): Http2Log {
  return new Http2Log({ midstream, ...(upgradedSettings !== undefined && { upgradedSettings }) });
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  const path = new URL(file, folder);
  describe(file, () => {
    for (const transcript of readHttp2Transcripts(path)) {
      test(transcript.name, () => {
        for (const [cut, steps] of cuts(transcript.steps)) {
          const log = logOf(transcript);
          deliver(steps, log);
          const text = log.finish().text;
          if (process.env['UPDATE_TRANSCRIPTS'] === '1' && cut === 'whole') update(path, transcript, text);
          else if (transcript.anyCut || cut === 'whole') expect(text, cut).toBe(transcript.events);
          if (process.env['UPDATE_TRANSCRIPTS'] === '1') break;
        }
      });

      test(`${transcript.name}, with holes`, () => {
        for (const length of [1, 7, 40]) {
          for (const [, steps] of holes(transcript.steps, length)) {
            const log = logOf(transcript);
            deliver(steps, log);
            log.finish();
          }
        }
      });
    }
  });
}

/** Writes the events found; to be reviewed as a diff. */
function update(path: URL, { name, events }: Http2Transcript, text: string): void {
  const page = readFileSync(path, 'utf8');
  const at = page.indexOf(`# ${name}\n`);
  const from = page.indexOf(events === '' ? '```events' : events, at);
  const start = page.indexOf('\n', page.lastIndexOf('```events', from + 9)) + 1;
  const end = page.indexOf('```\n', start);
  writeFileSync(path, page.slice(0, start) + text + '\n' + page.slice(end));
}
