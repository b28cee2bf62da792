/**
 * WebSocket told from bytes alone, for connections whose handshake was not captured. Frames are easily imitated by
 * chance, so the bytes must be frames to their very end, and the payload of one of them must bear it out.
 */
import { client, type Side } from '../../core/side.ts';
import { FrameBit } from '../../core/websocket.ts';
import type { Likeness, Protocol } from '../protocol.ts';
import { FrameWalk } from './resync.ts';

/** Frames in a row that need no payload to bear them out; a masked one has more bits that must be right. */
const enoughFrames = [3, 4] as const;

export const websocket: Protocol = {
  name: 'websocket',

  /** Never `more`: a segment of a connection met in mid-stream is either frames or not. */
  looksLike(side: Side, data: Uint8Array, start: number, end: number): Likeness {
    const walk = new FrameWalk(side, FrameBit.rsv1);
    walk.over(data, start, end);
    if (walk.headers === 0 || walk.next !== end) return 'no';
    return walk.convincing > 0 || walk.headers >= enoughFrames[side === client ? 0 : 1] ? 'yes' : 'no';
  },
};
