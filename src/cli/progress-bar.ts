/** How far reading has come, on one line of stderr that is drawn over and wiped at the end. Only for a terminal. */
import { bar } from '../insight/bars.ts';
import { bytesText, spanText } from '../insight/units.ts';

const showAfterMs = 1000;
const redrawAfterMs = 100;
const barCells = 24;
const wipe = '\r\x1b[K';

export class ProgressBar {
  private readonly write: (text: string) => void;
  private readonly clock: () => number;
  private readonly start: number;
  private drawnAt: number;
  private drawn = false;

  /** @param clock milliseconds */
  constructor(write: (text: string) => void, clock: () => number) {
    this.write = write;
    this.clock = clock;
    this.start = clock();
    this.drawnAt = this.start + showAfterMs - redrawAfterMs;
  }

  /** @param size bytes in all, where that is known */
  update(bytes: number, size: number | undefined): void {
    const now = this.clock();
    if (now - this.drawnAt < redrawAfterMs) return;
    this.drawnAt = now;
    this.drawn = true;
    this.write(wipe + progressText(bytes, size, now - this.start));
  }

  /** Wipes the line. */
  end(): void {
    if (this.drawn) this.write(wipe);
    this.drawn = false;
  }
}

/** `  ██████▌                   27%  412 MB/s  1.62 s left`; without a size what was read, and how fast. */
export function progressText(bytes: number, size: number | undefined, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (bytes / elapsedMs) * 1000 : 0;
  const rate = `${bytesText(Math.round(perSecond))}/s`;
  if (size === undefined || size === 0) return `  ${bytesText(bytes)} read  ${rate}`;
  const share = Math.min(1, bytes / size);
  const left = perSecond > 0 ? `  ${spanText(((size - Math.min(bytes, size)) / perSecond) * 1e9)} left` : '';
  return `  ${bar(share, 1, barCells).padEnd(barCells)}  ${String(Math.floor(share * 100)).padStart(3)}%  ${rate}${left}`;
}
