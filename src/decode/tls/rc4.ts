/**
 * RC4, which node:crypto no longer has: forbidden in TLS since RFC 7465, but what captures from before then are made of.
 */
export class Rc4 {
  private readonly state = new Uint8Array(256);
  private readonly saved = new Uint8Array(256);
  private i = 0;
  private j = 0;
  private savedI = 0;
  private savedJ = 0;

  constructor(key: Uint8Array) {
    const { state } = this;
    for (let i = 0; i < 256; i++) state[i] = i;
    for (let i = 0, j = 0; i < 256; i++) {
      j = (j + state[i]! + key[i % key.length]!) & 255;
      this.swap(i, j);
    }
  }

  apply(data: Uint8Array, start: number, end: number): Uint8Array {
    const out = new Uint8Array(end - start);
    for (let at = start; at < end; at++) out[at - start] = data[at]! ^ this.next();
    return out;
  }

  skip(length: number): void {
    for (let n = 0; n < length; n++) this.next();
  }

  save(): void {
    this.saved.set(this.state);
    this.savedI = this.i;
    this.savedJ = this.j;
  }

  restore(): void {
    this.state.set(this.saved);
    this.i = this.savedI;
    this.j = this.savedJ;
  }

  private next(): number {
    this.i = (this.i + 1) & 255;
    this.j = (this.j + this.state[this.i]!) & 255;
    this.swap(this.i, this.j);
    return this.state[(this.state[this.i]! + this.state[this.j]!) & 255]!;
  }

  private swap(i: number, j: number): void {
    const { state } = this;
    const kept = state[i]!;
    state[i] = state[j]!;
    state[j] = kept;
  }
}
