/**
 * One side's MQTT packets out of its WebSocket messages, which need not begin and end with them (MQTT 5 6.0): clients are
 * at large that send a packet in half a dozen messages. Whole packets in a message of their own pass untouched.
 */

/** Packets longer than this are counted through, not kept. */
const mostKept = 1 << 16;
const nothing = new Uint8Array(0);

export class MqttStream {
  /** The beginning of a packet that is not whole yet: the first `length` bytes. */
  private buffer: Uint8Array = nothing;
  private length = 0;
  /** Bytes of a packet too long to be kept that are still to come. */
  private skipped = 0;
  /** Where packets begin is not known: the next message that is whole packets tells. */
  private lost = false;
  /** Type of the packet that the last message was a part of, and no more; else 0. */
  partOf = 0;

  /**
   * @param bytes the message, or the beginning of it
   * @param length of the message
   * @returns the packets that end with this message, valid until the next; undefined where none does, or they are not known
   */
  push(bytes: Uint8Array, length: number = bytes.length): Uint8Array | undefined {
    const { partOf } = this;
    this.partOf = 0;
    if (this.lost && packetsEnd(bytes) !== length) return undefined;
    this.lost = false;
    const skipped = Math.min(this.skipped, length);
    this.skipped -= skipped;
    if (skipped === length) {
      this.partOf = partOf;
      return undefined;
    }
    const joined = this.joined(bytes.subarray(skipped));
    const end = packetsEnd(joined);
    if (end < 0) this.lose();
    else this.keep(joined, end);
    if (length > bytes.length) this.passOver(length - bytes.length);
    return end > 0 ? joined.subarray(0, end) : undefined;
  }

  /** A message of this side was not seen whole. */
  lose(): void {
    this.lost = true;
    this.skipped = 0;
    this.length = 0;
    this.partOf = 0;
  }

  /** Bytes of the message that are not at hand. */
  private passOver(missing: number): void {
    if (this.skipped >= missing) this.skipped -= missing;
    else this.lose();
  }

  private joined(bytes: Uint8Array): Uint8Array {
    if (this.length === 0) return bytes;
    const length = this.length + bytes.length;
    if (length > this.buffer.length) this.buffer = grown(this.buffer, this.length, length);
    this.buffer.set(bytes, this.length);
    return this.buffer.subarray(0, length);
  }

  private keep(joined: Uint8Array, end: number): void {
    const left = joined.length - end;
    if (left > 0 && end === 0) this.partOf = joined[end]! >> 4;
    const whole = packetLength(joined, end);
    this.length = 0;
    if (left === 0) return;
    if (whole > mostKept) {
      this.skipped = whole - left;
      this.partOf = joined[end]! >> 4;
      return;
    }
    // What was joined may stand in the buffer; what is given out of it must outlast this call.
    if (end > 0 || joined.buffer !== this.buffer.buffer) this.buffer = grown(joined.subarray(end), left, left * 2);
    this.length = left;
  }
}

function grown(bytes: Uint8Array, length: number, wanted: number): Uint8Array {
  const larger = new Uint8Array(Math.max(64, wanted * 2));
  larger.set(bytes.subarray(0, length));
  return larger;
}

/** One past the last whole packet; -1 where a packet begins as none can. */
function packetsEnd(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = packetLength(bytes, at);
    if (length < 0 || bytes[at]! < 0x10) return -1;
    if (length === 0 || at + length > bytes.length) break;
    at += length;
  }
  return at;
}

/** Of the packet that begins here, its fixed header included (MQTT 5 1.5.5); 0 where that is not all there, -1 where it is none. */
function packetLength(bytes: Uint8Array, at: number): number {
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = bytes[at + i];
    if (octet === undefined) return 0;
    length += (octet & 0x7f) * 2 ** (7 * (i - 1));
    if (octet < 0x80) return length + 1 + i;
  }
  return -1;
}
