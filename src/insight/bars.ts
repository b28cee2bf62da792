/** Numbers drawn in block characters, each of which takes one terminal cell. */
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of up to `width` cells in eighths of a cell; something always shows of what is more than nothing. */
export function bar(value: number, largest: number, width: number): string {
  if (!(value > 0) || !(largest > 0)) return '';
  const parts = Math.max(1, Math.round((Math.min(value, largest) / largest) * width * 8));
  return '█'.repeat(parts >> 3) + eighths[parts & 7]!;
}

const levels = '▁▂▃▄▅▆▇█';

/** One cell a value, as high as the value is beside the largest; a space for none. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values);
  return values.map((v) => (v > 0 ? levels[Math.max(0, Math.ceil((v / largest) * 8) - 1)]! : ' ')).join('');
}
