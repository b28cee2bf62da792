/** Who speaks when: conversations side by side in random order, or all held open until the last. */
import { Conversation } from './conversation.mjs';
import { exchange } from './http-traffic.mjs';

/** Starts conversations until enough is promised, and lets them speak in random order until all are done. */
export function interleave(world, kit, { workload, size }) {
  const { random } = world;
  const open = [];
  let promised = 0;
  const wanted = () =>
    open.length < workload.concurrency && (workload.connections ? world.connections < size : promised < size);
  for (;;) {
    while (wanted()) {
      const [bytes, steps] = workload.next(world, kit);
      promised += bytes;
      steps.next();
      open.push(steps);
    }
    if (open.length === 0) return;
    const turn = random.u32() % open.length;
    if (open[turn].next().done) {
      open[turn] = open[open.length - 1];
      open.pop();
    }
    workload.between?.(world);
  }
}

/** Opens every connection, with one exchange; closes them when the last is open. */
export function holdOpen(world, { pool }, count) {
  const open = [];
  while (open.length < count) {
    const conversation = new Conversation(world, world.route(80));
    conversation.open();
    for (const _ of exchange(conversation, `www${open.length % 500}.example.com`, pool));
    open.push(conversation);
  }
  for (const conversation of open) conversation.close();
}
