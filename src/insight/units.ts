/** Numbers as people read them: counts with thousands apart, bytes in decimal units, spans of time, three digits each. */

/** `1,234,567`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 packet`, `2 packets`. */
export function counted(count: number, noun: string, plural = noun + 's'): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `999 B`, `1.23 kB`, `45.6 MB`: powers of a thousand. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(value) : digits(value)} ${byteUnits[unit]!}`;
}

/** `850 ns`, `12.3 µs`, `4.56 ms`, `7.89 s`, `2 min 03 s`, `1 h 02 min`, `3 d 04 h`. Negative spans keep their sign. */
export function spanText(nanoseconds: number): string {
  if (nanoseconds < 0) return '-' + spanText(-nanoseconds);
  if (nanoseconds < 999.5) return `${Math.round(nanoseconds)} ns`;
  if (nanoseconds < 999.5e3) return `${digits(nanoseconds / 1e3)} µs`;
  if (nanoseconds < 999.5e6) return `${digits(nanoseconds / 1e6)} ms`;
  if (nanoseconds < 59.95e9) return `${digits(nanoseconds / 1e9)} s`;
  const seconds = Math.round(nanoseconds / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** `84%`, `<1%`, `0%`; `>99%` where it is not quite all. */
export function shareText(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return '0%';
  const percent = (part / whole) * 100;
  if (percent < 1) return '<1%';
  return part < whole && percent > 99 ? '>99%' : `${Math.round(percent)}%`;
}

/** `2026-11-22 15:33:03.359 UTC`, from nanoseconds since the Unix epoch. */
export function dateText(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  if (Number.isNaN(date.getTime())) return 'no date';
  return date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

function digits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
