/** The thread that looks up the owners of sockets. */
import { parentPort } from 'node:worker_threads';
import { OwnerSearch } from './owner-search.ts';
import type { WantedOwner } from './socket-owners.ts';

const restFactor = 9;
const longestRestMs = 1000;
const search = new OwnerSearch('/proc');
let wanted: WantedOwner[] = [];
let resting = false;

parentPort!.on('message', (more: WantedOwner[]) => {
  wanted = wanted.concat(more);
  if (!resting) work();
});

function work(): void {
  const started = performance.now();
  const asked = wanted;
  wanted = [];
  parentPort!.postMessage(search.find(asked));
  resting = true;
  setTimeout(
    () => {
      resting = false;
      if (wanted.length > 0) work();
    },
    Math.min(restFactor * (performance.now() - started), longestRestMs),
  );
}
