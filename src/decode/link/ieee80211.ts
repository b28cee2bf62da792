/**
 * IEEE 802.11 data frames that are not encrypted: LLC stands behind a header whose length depends on its flags.
 *
 *   | frame control 2 | duration 2 | three addresses 18 | sequence control 2 | fourth address 6? | QoS 2? | HT 4? | mesh
 *   control 6, 12 or 18? | LLC
 *
 * Not followed: frames divided into 802.11 fragments, encryption, A-MSDUs in a mesh.
 */
import { u16, u16le } from '../../core/bytes.ts';
import { llc } from './llc.ts';
import type { PayloadSink } from './payload-sink.ts';

const shortestHeader = 24;
/** Frame control, its two bytes in the order they are sent. */
const Control = {
  versionAndType: 0x0f00,
  data: 0x0800,
  /** Subtype bits. */
  withoutData: 0x4000,
  qos: 0x8000,
  bothDs: 0x0003,
  moreFragments: 0x0004,
  protected: 0x0040,
  order: 0x0080,
} as const;
const fragmentNumber = 0x000f;
/** In the QoS control field's first byte: the body is an A-MSDU. */
const aggregate = 0x80;
/** In its second byte, in a mesh: mesh control is present. Elsewhere the bit means something else. */
const meshControl = 0x01;

/** @param padded the body begins at a multiple of four bytes from the header (radiotap says so of some drivers) */
export function ieee80211(sink: PayloadSink, data: Uint8Array, start: number, end: number, padded = false): void {
  if (end - start < shortestHeader) return short80211(sink, data, start, end);
  const control = u16(data, start);
  if ((control & Control.versionAndType) !== Control.data || (control & Control.withoutData) !== 0) return sink.notIp();
  const sequence = u16le(data, start + 22);
  const divided = (control & Control.moreFragments) !== 0 || (sequence & fragmentNumber) !== 0;
  if ((control & Control.protected) !== 0 || divided) return sink.notIp();
  const qosAt = start + shortestHeader + ((control & Control.bothDs) === Control.bothDs ? 6 : 0);
  const qos = (control & Control.qos) !== 0;
  let at = qosAt + (qos ? 2 : 0) + (qos && (control & Control.order) !== 0 ? 4 : 0);
  if (padded) at = start + ((at - start + 3) & ~3);
  if (at > end) return sink.truncated('802.11', at - start, end - start);
  if (qos && (data[qosAt + 1]! & meshControl) !== 0) at += meshLength(data, at, end);
  if (qos && (data[qosAt]! & aggregate) !== 0) aggregateFrames(sink, data, at, end);
  else llc(sink, data, at, end);
}

/**
 * Mesh control: | flags 1 | TTL 1 | sequence number 4 | up to two addresses |, the flags' low two bits count addresses. It is
 * there if SNAP stands behind it and not in its place.
 */
function meshLength(data: Uint8Array, start: number, end: number): number {
  if (start >= end || isSnap(data, start, end)) return 0;
  const length = 6 + (data[start]! & 3) * 6;
  return isSnap(data, start + length, end) ? length : 0;
}

function isSnap(data: Uint8Array, at: number, end: number): boolean {
  return at + 3 <= end && data[at] === 0xaa && data[at + 1] === 0xaa && data[at + 2] === 3;
}

/** Control frames are shorter than data frames have to be. */
function short80211(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const data80211 = end - start < 2 || (u16(data, start) & Control.versionAndType) === Control.data;
  if (data80211) sink.truncated('802.11', shortestHeader, end - start);
  else sink.notIp();
}

const subframeHeader = 14;

/** An A-MSDU: | destination 6 | source 6 | length 2 | LLC ... |, each padded to a multiple of four but the last. */
function aggregateFrames(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start;
  while (at + subframeHeader <= end) {
    const length = u16(data, at + 12);
    const body = at + subframeHeader;
    llc(sink, data, body, Math.min(end, body + length));
    at += (subframeHeader + length + 3) & ~3;
  }
}
