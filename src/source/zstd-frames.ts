/**
 * Finds where Zstandard frames end (RFC 8878 3.1), so that a decompressor is given one frame at a time: node:zlib's falls
 * silent behind the first, and tells nobody when the last one is cut. Looks at headers only.
 *
 *   magic (4) | descriptor (1) | window (0-1) | dictionary (0-4) | content size (0-8) | blocks | checksum (0-4)
 */

/** Frames that need more memory than this are refused, as the zstd program does unless told otherwise. */
const maxWindow = 128 * 1024 * 1024;

const dictionaryLengths = [0, 1, 2, 4];
const contentSizeLengths = [0, 2, 4, 8];

/** What the walker reads next. */
type Part = 'magic' | 'skippable length' | 'descriptor' | 'header' | 'block header' | 'block' | 'rest';

export class ZstdFrames {
  /** At the first byte of a frame: the end of the input here is no cut. */
  atBoundary = true;
  /** The frame under way is skippable: it decodes to nothing. */
  skippable = false;
  /** A frame has begun, and which kind it is cannot be told yet. */
  inMagic = false;
  private part: Part = 'magic';
  /** The header bytes gathered so far, and how many make the part whole. */
  private readonly bytes = new Uint8Array(16);
  private have = 0;
  private want = 4;
  /** Bytes to pass over in `block` and `rest`. */
  private left = 0;
  private lastBlock = false;
  private checksumLength = 0;
  private descriptor = 0;

  /**
   * Position one past the end of the frame under way in `data[start, end)`, or -1 where it goes on behind `end`.
   * @throws Error where the bytes are no Zstandard frame
   */
  frameEnd(data: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      this.atBoundary = false;
      if (this.part === 'block' || this.part === 'rest') {
        const taken = Math.min(this.left, end - at);
        at += taken;
        this.left -= taken;
        if (this.left > 0) return -1;
      } else {
        this.inMagic = this.part === 'magic';
        this.bytes[this.have++] = data[at++]!;
        if (this.have < this.want) continue;
        this.have = 0;
        this.inMagic = false;
      }
      this.partRead();
      while (this.left === 0 && (this.part === 'block' || this.part === 'rest')) {
        if (this.part === 'rest') return this.finish(at);
        this.partRead();
      }
    }
    return -1;
  }

  private finish(at: number): number {
    this.atBoundary = true;
    this.next('magic', 4);
    return at;
  }

  private partRead(): void {
    switch (this.part) {
      case 'magic':
        return this.magicRead();
      case 'skippable length':
        return this.skip('rest', this.number(0, 4));
      case 'descriptor':
        return this.descriptorRead();
      case 'header':
        this.checkWindow();
        return this.next('block header', 3);
      case 'block header':
        return this.blockHeaderRead();
      case 'block':
        return this.lastBlock ? this.skip('rest', this.checksumLength) : this.next('block header', 3);
      case 'rest':
        return;
    }
  }

  private magicRead(): void {
    const magic = this.number(0, 4);
    this.skippable = magic >= 0x184d2a50 && magic <= 0x184d2a5f;
    if (this.skippable) this.next('skippable length', 4);
    else if (magic === 0xfd2fb528) this.next('descriptor', 1);
    else throw new Error('no frame begins where one is expected');
  }

  private descriptorRead(): void {
    this.descriptor = this.bytes[0]!;
    this.checksumLength = this.descriptor & 4 ? 4 : 0;
    this.next('header', this.windowLength() + this.dictionaryLength() + this.contentSizeLength());
  }

  private blockHeaderRead(): void {
    const header = this.number(0, 3);
    this.lastBlock = (header & 1) === 1;
    // A run-length block is one byte, whatever size it stands for.
    this.skip('block', ((header >> 1) & 3) === 1 ? 1 : header >>> 3);
  }

  private checkWindow(): void {
    let window: number;
    if (this.windowLength() === 1) {
      const base = 2 ** (10 + (this.bytes[0]! >> 3));
      window = base + (base / 8) * (this.bytes[0]! & 7);
    } else {
      const length = this.contentSizeLength();
      window = this.number(this.dictionaryLength(), length) + (length === 2 ? 256 : 0);
    }
    if (window > maxWindow)
      throw new Error(`a frame needs ${Math.ceil(window / 1048576)} MiB to decode; 128 are accepted`);
  }

  private singleSegment(): boolean {
    return (this.descriptor & 0x20) !== 0;
  }

  private windowLength(): number {
    return this.singleSegment() ? 0 : 1;
  }

  private dictionaryLength(): number {
    return dictionaryLengths[this.descriptor & 3]!;
  }

  private contentSizeLength(): number {
    const length = contentSizeLengths[this.descriptor >> 6]!;
    return length === 0 && this.singleSegment() ? 1 : length;
  }

  private next(part: Part, want: number): void {
    this.part = part;
    this.want = want;
  }

  private skip(part: 'block' | 'rest', length: number): void {
    this.part = part;
    this.left = length;
  }

  private number(at: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + this.bytes[at + i]!;
    return value;
  }
}
