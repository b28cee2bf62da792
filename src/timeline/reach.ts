/** How far a message reaches: to the latest of its packets, which is not the one with its last byte where that came early. */
import type { Moment } from '../core/moment.ts';

export function reach(message: { endTime: number; lastPacket: number }, moment: Moment): void {
  if (moment.packet <= message.lastPacket) return;
  message.lastPacket = moment.packet;
  message.endTime = moment.time;
}
