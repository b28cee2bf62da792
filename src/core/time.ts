/**
 * Time in the analyzer is nanoseconds since the capture's first packet, a double (exact for 104 days), beside one bigint:
 * the first packet's time since the Unix epoch. This file turns the two into the trace format's decimal seconds.
 */

/** `epoch + time` as seconds since the Unix epoch with up to nine decimals, trailing zeros off: `1795361583.359391`. */
export function epochSeconds(epoch: bigint, time: number): string {
  const exact = Math.abs(time) <= Number.MAX_SAFE_INTEGER;
  // Beyond 104 days a double no longer holds single nanoseconds; microseconds it holds for centuries.
  const total = exact ? epoch + BigInt(Math.round(time)) : ((epoch + BigInt(Math.round(time)) + 500n) / 1000n) * 1000n;
  const sign = total < 0n ? '-' : '';
  const absolute = total < 0n ? -total : total;
  return sign + String(absolute / 1_000_000_000n) + fraction(Number(absolute % 1_000_000_000n));
}

/** A span in nanoseconds as decimal seconds: `0.000123`. */
export function spanSeconds(nanoseconds: number): string {
  const sign = nanoseconds < 0 ? '-' : '';
  const absolute = Math.abs(Math.round(nanoseconds));
  const seconds = Math.floor(absolute / 1e9);
  return sign + String(seconds) + fraction(absolute - seconds * 1e9);
}

function fraction(nanoseconds: number): string {
  if (nanoseconds === 0) return '';
  return '.' + String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
}
