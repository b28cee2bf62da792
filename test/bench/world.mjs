/** What all conversations of one workload share: the file, the clock, the random numbers, the addresses, the counts. */
import { PacketWriter } from './packets.mjs';
import { PcapFile } from './pcap-file.mjs';
import { Random } from './random.mjs';
import { Tally } from './tally.mjs';

const clientsFrom = 0x0a000100;
const serversFrom = 0xc0a80101;
const servers = 50;

export class World {
  /**
   * @param {{ path: string, seed: number, meanGap: number, faults?: { lost: number, late: number, twice: number },
   *   variety?: { v6: number, vlan: number } }} options probabilities per data segment, and per connection
   */
  constructor({ path, seed, meanGap, faults = null, variety = null }) {
    this.random = new Random(seed);
    this.file = new PcapFile(path, this.random, meanGap);
    this.packets = new PacketWriter(this.file);
    this.faults = faults;
    this.variety = variety;
    this.connections = 0;
    this.segments = { lost: 0, late: 0, twice: 0 };
    this.total = new Tally();
    /** Counts of the connections that lost nothing: what has to be found whatever is made of the others. */
    this.intact = new Tally();
    this.date = { second: -1, text: '' };
  }

  /** A connection's addresses: no client endpoint comes back within 60,000 connections. */
  route(serverPort) {
    const id = this.connections++;
    const { random, variety } = this;
    return {
      clientHost: clientsFrom + Math.floor(id / 16),
      clientPort: 1024 + (id % 60_000),
      serverHost: serversFrom + (id % servers),
      serverPort,
      v6: variety !== null && random.chance(variety.v6),
      vlan: variety !== null && random.chance(variety.vlan) ? random.between(1, 4000) : 0,
      clockBase: random.u32(),
    };
  }

  /** What becomes of a data segment: 'lost', 'late', 'twice', or undefined: nothing. */
  fate() {
    if (this.faults === null) return undefined;
    let draw = this.random.unit();
    for (const [name, probability] of Object.entries(this.faults)) {
      draw -= probability;
      if (draw >= 0) continue;
      this.segments[name]++;
      return name;
    }
    return undefined;
  }

  finished(conversation) {
    this.total.add(conversation.tally);
    if (conversation.lost === 0) this.intact.add(conversation.tally);
  }

  /** The clock as an HTTP date (RFC 9110 section 5.6.7). */
  httpDate() {
    const second = this.file.epochSeconds;
    if (second !== this.date.second) this.date = { second, text: new Date(second * 1000).toUTCString() };
    return this.date.text;
  }

  truth() {
    const { file, connections, segments, total, intact } = this;
    return { bytes: file.bytes, packets: file.packets, connections, segments, total, intact };
  }
}
