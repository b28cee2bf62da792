/**
 * Where in the capture the analyzer is: the packet whose bytes are being delivered right now.
 *
 * One instance is shared by a source and all decoders and sinks behind it. The source sets it before each packet; the
 * TCP reassembler sets it back to an older packet while it delivers bytes that had to wait. Decoders and recorders read
 * it, and never write it. (Plain fields, not arguments: a double passed through a call is boxed, 16 bytes a packet.)
 */
export class Moment {
  /** Nanoseconds since the first packet of the capture. Exact for 104 days; negative where packets are out of order. */
  time = 0.5;
  /** Packet number, from 1, as Wireshark counts. 0 before the first packet. */
  packet = 0;
  /** Byte offset in the (uncompressed) capture where the packet's bytes begin; -1 where there is no file. */
  position = 0.5;
  /**
   * Counts the blocks of input delivered from. The bytes of the current block and the one before stay intact: who holds
   * a reference to delivered bytes may read them while `block` is at most one higher than it was then.
   */
  block = 0;
  /** Sequence and acknowledgement number of the segment whose bytes are delivered, as signed 32 bits; see `sequenced`. */
  sequence = 0;
  acknowledgement = 0;
  /** The segment acknowledges bytes of the other side that have not been delivered: captured later, or missing. */
  answersUnseen = false;
  /** Whether the bytes come out of TCP segments, and the two numbers mean something. */
  sequenced = false;
  /** The first packet's time: nanoseconds since the Unix epoch. Set once, before the first packet is delivered. */
  epoch = 0n;

  constructor() {
    // Both fields are given a fraction above so that they are stored as doubles from the start.
    this.time = 0;
    this.position = -1;
  }
}

/** A moment kept with bytes that have to wait, to be gone back to while they are delivered. */
export class KeptMoment {
  readonly time: number;
  readonly packet: number;
  readonly position: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly answersUnseen: boolean;

  constructor({ time, packet, position, sequence, acknowledgement, answersUnseen }: Moment) {
    this.time = time;
    this.packet = packet;
    this.position = position;
    this.sequence = sequence;
    this.acknowledgement = acknowledgement;
    this.answersUnseen = answersUnseen;
  }

  restore(moment: Moment): void {
    moment.time = this.time;
    moment.packet = this.packet;
    moment.position = this.position;
    moment.sequence = this.sequence;
    moment.acknowledgement = this.acknowledgement;
    moment.answersUnseen = this.answersUnseen;
  }
}
