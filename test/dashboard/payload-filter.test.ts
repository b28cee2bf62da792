/** A filter inside a conversation sees whole payloads, also of compressed and fragmented messages. */
import { expect, test } from 'vitest';
import { analyzeTo } from '../../src/cli/analyze.ts';
import { Replay } from '../../src/cli/replay.ts';
import { Timeline } from '../../src/timeline/timeline.ts';
import { Stage } from './stage.ts';

const path = 'captures/websocket-deflate.pcapng';

async function opened(): Promise<Stage> {
  const timeline = new Timeline();
  // As much of payloads as lists are given.
  await analyzeTo(path, [timeline], { maxBody: 256 });
  return new Stage({ timeline, details: new Replay(path, {}) }, 120, 40);
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 200) throw new Error('never came');
    await new Promise((resolve) => void setTimeout(resolve, 25));
  }
}

test.each([
  ['frames', '2 l', 6],
  ['messages', '2 l w', 4],
])('%s', async (_what, keys, count) => {
  const stage = await opened();
  stage.press(keys);
  const { frames } = stage.world.queries;
  const all = frames.length;
  // Stands at the end of messages of 600 and 2000 bytes, far behind what rows hold of them.
  stage.press('f "text matches \'kettle (b|amber linen.\\nEm)\\n$\'" enter');
  await until(() => {
    stage.screen();
    return frames.length === count;
  });
  expect(all).toBeGreaterThan(count);
  stage.press('escape');
  expect(stage.world.queries.frames.length).toBe(all);
});
