/** What is used of the npm package pcap-parser 0.2.1, which brings no types. */
declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';

  export interface PacketHeader {
    timestampSeconds: number;
    timestampMicroseconds: number;
    capturedLength: number;
    originalLength: number;
  }

  export interface Packet {
    header: PacketHeader;
    data: Buffer;
  }

  export interface Parser extends EventEmitter {
    on(event: 'packet', listener: (packet: Packet) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  /** Takes a path or anything that emits `data`, `end` and `error` and can pause and resume. */
  export function parse(input: string | { pause(): void; resume(): void }): Parser;
}
