/** The name somebody probably meant. */

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

/** Insertions, deletions and replacements between the two (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
