/** The name somebody probably meant. */
import { editDistance } from '../core/edit-distance.ts';

/** The closest of `names` to `text`, or undefined where none is close: at most a third of its letters wrong. */
export function nearest(text: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bound = Math.min(3, Math.floor(text.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= bound) continue;
    const distance = editDistance(text.toLowerCase(), name.toLowerCase());
    if (distance < bound) {
      best = name;
      bound = distance;
    }
  }
  return best;
}
