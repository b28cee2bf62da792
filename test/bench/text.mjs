/** Generated text that compresses about as well as an API's answers do: lines of JSON with words and numbers. */
import zlib from 'node:zlib';

const words =
  'amber birch cedar delta ember fjord grove haven inlet jetty knoll ledge maple north ocean pearl quartz river slate timber upland valley willow yarrow zenith'.split(
    ' ',
  );

function line(random) {
  const id = random.u32();
  const name = `${random.pick(words)} ${random.pick(words)}`;
  const price = (random.between(100, 99_999) / 100).toFixed(2);
  return `{"id":${id},"name":"${name}","price":${price},"tags":["${random.pick(words)}","${random.pick(words)}"],"stock":${random.between(0, 999)}}\n`;
}

export function word(random) {
  return random.pick(words);
}

/** ASCII text of exactly `length` bytes. */
export function text(random, length) {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length;) at += bytes.write(line(random), at, 'latin1');
  return bytes;
}

/** One large text and some gzip files of its beginning: made once, sent many times. */
export class TextPool {
  #compressed = new Map();

  constructor(random, length) {
    this.random = random;
    this.bytes = text(random, length);
  }

  get length() {
    return this.bytes.length;
  }

  /** The first `length` bytes. */
  head(length) {
    return this.bytes.subarray(0, length);
  }

  /** `length` bytes from anywhere. */
  piece(length) {
    const start = this.random.between(0, this.length - length);
    return this.bytes.subarray(start, start + length);
  }

  /** The first `length` bytes, gzip-compressed at the level web servers start with. */
  gzipped(length) {
    let compressed = this.#compressed.get(length);
    if (compressed === undefined) {
      compressed = zlib.gzipSync(this.head(length), { level: 1 });
      this.#compressed.set(length, compressed);
    }
    return compressed;
  }
}
