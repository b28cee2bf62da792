/**
 * A distribution of positive numbers in fixed memory: buckets whose bounds grow by one thirty-second of a doubling, so that
 * any percentile is known to within 1.1 % however many numbers there are.
 */
const perOctave = 32;
const octaves = 64;
const logStep = Math.LN2 / perOctave;

export class Distribution {
  count = 0;
  sum = 0;
  smallest = Infinity;
  largest = 0;
  private readonly buckets = new Float64Array(perOctave * octaves);

  /** Numbers below 1 count as 1 for percentiles. */
  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.smallest) this.smallest = value;
    if (value > this.largest) this.largest = value;
    this.buckets[bucketOf(value)]!++;
  }

  /** The number that `share` (0-1) of all are not above; 0 where there are none. */
  percentile(share: number): number {
    if (this.count === 0) return 0;
    let rest = Math.max(1, Math.ceil(share * this.count));
    if (rest === this.count) return this.largest;
    for (let i = 0; i < this.buckets.length; i++) {
      rest -= this.buckets[i]!;
      if (rest <= 0) return Math.min(this.largest, Math.max(this.smallest, Math.exp((i + 0.5) * logStep)));
    }
    return this.largest;
  }

  /** Counts in `columns` equal steps of the logarithm, from the smallest number to the largest. */
  shape(columns: number): number[] {
    const heights = Array.from({ length: columns }, () => 0);
    if (this.count === 0) return heights;
    const first = bucketOf(this.smallest);
    const span = bucketOf(this.largest) - first + 1;
    for (let i = 0; i < span; i++) heights[Math.floor((i * columns) / span)]! += this.buckets[first + i]!;
    return heights;
  }
}

function bucketOf(value: number): number {
  if (!(value > 1)) return 0;
  return Math.min(perOctave * octaves - 1, Math.floor(Math.log(value) / logStep));
}
