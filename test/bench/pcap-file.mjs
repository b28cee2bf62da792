/** Writes a classic pcap file (little-endian, microseconds, Ethernet) through one buffer, with a clock of its own. */
import fs from 'node:fs';

const bufferSize = 8 << 20;
const snaplen = 262_144;
/** 2026-11-22T15:33:03Z. */
const startSeconds = 1_795_361_583;

export class PcapFile {
  /**
   * @param {string} path
   * @param {import('./random.mjs').Random} random
   * @param {number} meanGap mean time between packets, in nanoseconds
   */
  constructor(path, random, meanGap) {
    this.descriptor = fs.openSync(path, 'w');
    this.random = random;
    this.meanGap = meanGap;
    this.buffer = Buffer.allocUnsafe(bufferSize);
    this.used = 0;
    this.flushed = 0;
    this.packets = 0;
    /** Nanoseconds since the first packet's second. */
    this.now = 0;
    this.#header();
  }

  get bytes() {
    return this.flushed + this.used;
  }

  get epochSeconds() {
    return startSeconds + Math.floor(this.now / 1e9);
  }

  /** Starts a packet of `length` bytes and lets time pass; gives the place in `buffer` where its bytes belong. */
  reserve(length) {
    this.now += 200 + Math.floor(this.random.exponential(this.meanGap));
    if (this.used + 16 + length > bufferSize) this.#flush();
    const { buffer, used } = this;
    buffer.writeUInt32LE(this.epochSeconds, used);
    buffer.writeUInt32LE(Math.floor((this.now % 1e9) / 1000), used + 4);
    buffer.writeUInt32LE(length, used + 8);
    buffer.writeUInt32LE(length, used + 12);
    this.used = used + 16 + length;
    this.packets++;
    return used + 16;
  }

  close() {
    this.#flush();
    fs.closeSync(this.descriptor);
  }

  #header() {
    const { buffer } = this;
    buffer.writeUInt32LE(0xa1b2c3d4, 0);
    buffer.writeUInt16LE(2, 4);
    buffer.writeUInt16LE(4, 6);
    buffer.writeUInt32LE(0, 8);
    buffer.writeUInt32LE(0, 12);
    buffer.writeUInt32LE(snaplen, 16);
    buffer.writeUInt32LE(1, 20);
    this.used = 24;
  }

  #flush() {
    for (let from = 0; from < this.used;) from += fs.writeSync(this.descriptor, this.buffer, from, this.used - from);
    this.flushed += this.used;
    this.used = 0;
  }
}
