/** Every transcript, whole, byte by byte, cut at every position, and with holes. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cuts, deliver, holes, readTranscripts } from '../../support/transcript.ts';
import { HttpLog } from './http-log.ts';

const folder = new URL('../../transcripts/http1/', import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  describe(file, () => {
    for (const transcript of readTranscripts(new URL(file, folder))) {
      test(transcript.name, () => {
        for (const [cut, steps] of cuts(transcript.steps)) {
          const log = new HttpLog(transcript.midstream);
          deliver(steps, log);
          const text = log.finish().text;
          if (transcript.anyCut || cut === 'whole') expect(text, cut).toBe(transcript.events);
        }
      });

      test(`${transcript.name}, with holes`, () => {
        for (const length of [1, 7, 40]) {
          for (const [, steps] of holes(transcript.steps, length)) {
            const log = new HttpLog(transcript.midstream);
            deliver(steps, log);
            log.finish();
          }
        }
      });
    }
  });
}
