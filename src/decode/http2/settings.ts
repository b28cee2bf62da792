/**
 * What one side has told the other it accepts (RFC 9113 6.5). Settings hold from the moment the other side acknowledges
 * them; what it may do already, and what it must have stopped, differ while the acknowledgement is on its way.
 */
import { u16, u32 } from '../../core/bytes.ts';
import { Setting } from './frame-type.ts';

const settingSize = 6;
const largestWindow = 0x7fff_ffff;
const smallestFrame = 16_384;
const largestFrame = 0xff_ffff;
/** SETTINGS frames that wait for their acknowledgement. */
const mostPending = 64;
/** Settings of identifiers that are remembered to be shown. */
const mostShown = 32;

export interface SettingsChange {
  headerTableSize: number;
  initialWindowSize: number;
  mostStreams: number;
}

export class Settings {
  /** In force for the peer, and the largest that was ever offered. */
  headerTableSize = 4096;
  initialWindowSize = 65_535;
  largestFrame = smallestFrame;
  largestTable = 4096;
  enableConnectProtocol = false;
  private accepted = Infinity;
  /** Last value by identifier, for showing. */
  readonly values: Map<number, number> = new Map();
  /** Acknowledgements that came before what they acknowledge: the two directions may be captured out of order. */
  early = 0;
  /** A frame each, oldest first; -1 for what a frame does not set. */
  private readonly pending: SettingsChange[] = [];

  /** A SETTINGS frame of this side. @returns what is wrong with it, if anything */
  announce(data: Uint8Array, start: number, end: number): string | undefined {
    const change: SettingsChange = { headerTableSize: -1, initialWindowSize: -1, mostStreams: -1 };
    let fault: string | undefined;
    for (let at = start; at + settingSize <= end; at += settingSize) {
      const identifier = u16(data, at);
      const value = u32(data, at + 2);
      fault = this.set(identifier, value, change) ?? fault;
      if (this.values.has(identifier) || this.values.size < mostShown) this.values.set(identifier, value);
    }
    if (this.pending.length < mostPending) this.pending.push(change);
    return fault;
  }

  /** The other side's acknowledgement. @returns what holds from now on, undefined where nothing waited for one */
  acknowledged(): SettingsChange | undefined {
    const change = this.pending.shift();
    if (change !== undefined && change.headerTableSize >= 0) this.headerTableSize = change.headerTableSize;
    if (change !== undefined && change.mostStreams >= 0) this.accepted = change.mostStreams;
    return change;
  }

  /** Streams that the other side may have open: a limit that is not acknowledged yet may raise this, but not lower it. */
  get mostStreams(): number {
    return this.pending.reduce((most, change) => Math.max(most, change.mostStreams), this.accepted);
  }

  private set(identifier: number, value: number, change: SettingsChange): string | undefined {
    switch (identifier) {
      case Setting.headerTableSize:
        change.headerTableSize = value;
        this.largestTable = Math.max(this.largestTable, value);
        return undefined;
      case Setting.enablePush:
        return value > 1 ? `ENABLE_PUSH is ${value}` : undefined;
      case Setting.maxConcurrentStreams:
        change.mostStreams = value;
        return undefined;
      case Setting.initialWindowSize:
        if (value > largestWindow) return `INITIAL_WINDOW_SIZE is ${value}`;
        change.initialWindowSize = value;
        return undefined;
      case Setting.maxFrameSize:
        if (value < smallestFrame || value > largestFrame) return `MAX_FRAME_SIZE is ${value}`;
        this.largestFrame = Math.max(this.largestFrame, value);
        return undefined;
      case Setting.enableConnectProtocol:
        this.enableConnectProtocol = value === 1;
        return value > 1 ? `ENABLE_CONNECT_PROTOCOL is ${value}` : undefined;
      default:
        return undefined;
    }
  }
}
