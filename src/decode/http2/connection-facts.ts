/** What an HTTP/2 connection was like as a whole, told when it has ended. */
import { client, server } from '../../core/side.ts';
import type { Http2Course, Http2Facts } from '../../core/sinks.ts';
import { frameTypeName, settingName } from './frame-type.ts';
import type { Lane } from './lane.ts';

interface Counts {
  readonly streams: number;
  readonly pushed: number;
  readonly peak: number;
  readonly resets: number;
  readonly goaways: string[];
  readonly origins: string[];
  readonly alternatives: string[];
  readonly course: Http2Course | undefined;
}

/** @param stalled nanoseconds that each side waited for window on the connection */
export function connectionFacts(
  lanes: readonly [Lane<unknown>, Lane<unknown>],
  stalled: readonly [number, number],
  counts: Counts,
): Http2Facts {
  const { streams, pushed, peak, resets, goaways, origins, alternatives, course } = counts;
  const both = <T>(of: (lane: Lane<unknown>) => T): { client: T; server: T } => ({
    client: of(lanes[client]),
    server: of(lanes[server]),
  });
  const answered = lanes[client].pings.answered + lanes[server].pings.answered;
  return {
    streams,
    concurrentStreams: peak,
    pushedStreams: pushed,
    resetStreams: resets,
    settings: both(settingsOf),
    frames: both(framesOf),
    stalled: { client: stalled[client] / 1e9, server: stalled[server] / 1e9 },
    ...(answered > 0 && { ping: pingsOf(lanes) }),
    ...(goaways.length > 0 && { goaway: goaways }),
    ...(origins.length > 0 && { origins }),
    ...(alternatives.length > 0 && { alternatives }),
    ...(course !== undefined && { course }),
  };
}

function settingsOf(lane: Lane<unknown>): Record<string, number> {
  return Object.fromEntries(
    Array.from(lane.settings.values, ([identifier, value]) => [settingName(identifier), value]),
  );
}

function framesOf(lane: Lane<unknown>): Record<string, number> {
  const counts: Record<string, number> = {};
  lane.frames.forEach((count, type) => {
    if (count > 0) counts[type === 17 ? 'unknown' : frameTypeName(type)] = count;
  });
  return counts;
}

function pingsOf(lanes: readonly [Lane<unknown>, Lane<unknown>]): { count: number; shortest: number; longest: number } {
  const pings = [lanes[client].pings, lanes[server].pings].filter(({ answered }) => answered > 0);
  return {
    count: pings.reduce((sum, { answered }) => sum + answered, 0),
    shortest: Math.min(...pings.map(({ shortest }) => shortest)) / 1e9,
    longest: Math.max(...pings.map(({ longest }) => longest)) / 1e9,
  };
}
