/**
 * Frees what has just passed. Each piece read from a socket is memory outside the engine's heap; V8 frees it with the small
 * objects that name it, and those fill their space slowly. When 64 MiB have gathered, it marks the whole heap instead, over
 * and over: with a minor collection every 4 MiB it never does; at 16 MiB it began to after some seconds of downloads, and stayed so.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

/** Bytes that may pass between two sweeps. */
export const sweepInterval = 4 * 1024 * 1024;

/** @returns undefined where the engine offers nothing of the kind */
export function youngSweep(): (() => void) | undefined {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('typeof gc === "function" ? gc : undefined');
  if (typeof collect !== 'function') return undefined;
  return () => (collect as Collect)({ type: 'minor' });
}
