/** Seeded random numbers (xoshiro128**): the same seed gives the same numbers on every machine. Not for secrets. */

export class Random {
  /** @param {number} seed any integer */
  constructor(seed) {
    let state = seed >>> 0;
    const next = () => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) | 0;
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next();
  }

  /** An unsigned 32-bit integer. */
  u32() {
    const scrambled = Math.imul(this.b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** From 0, below 1. */
  unit() {
    return this.u32() / 0x1_0000_0000;
  }

  chance(probability) {
    return this.unit() < probability;
  }

  /** An integer, both ends included. */
  between(low, high) {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** An integer, more often small than large: the square of a uniform number, on a logarithmic scale. */
  skewed(low, high) {
    return Math.floor(low * (high / low) ** (this.unit() ** 2));
  }

  exponential(mean) {
    return -Math.log(1 - this.unit()) * mean;
  }

  pick(list) {
    return list[this.u32() % list.length];
  }

  bytes(length) {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) bytes[at] = this.u32() >>> 24;
    return bytes;
  }
}
