// oxlint-disable no-control-regex -- escape sequences are what this reads
// Draws what a terminal shows as an SVG picture: cells with their colours, as `tmux capture-pane -e` gives them.
import stringWidth from 'string-width';

const cellWidth = 8.43;
const cellHeight = 18;
const margin = 10;
const palette = [
  '#1c2028',
  '#f07178',
  '#7ec486',
  '#e8ba60',
  '#5f9fd8',
  '#c792ea',
  '#62bbc1',
  '#c8ccd4',
  '#586070',
  '#ff8b92',
  '#9ad8a2',
  '#f2cc7d',
  '#7ab8f5',
  '#d7a8f0',
  '#7fd0d6',
  '#ffffff',
];

/** @param {string} text lines with SGR sequences */
export function terminalSvg(text, { columns, background = '#14171d', foreground = '#c8ccd4' } = {}) {
  const rows = text.split('\n');
  const width = margin * 2 + columns * cellWidth;
  const height = margin * 2 + rows.length * cellHeight;
  const parts = [];
  rows.forEach((row, y) => parts.push(...rowParts(row, y, foreground, background)));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="6" fill="${background}"/>
<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">
${parts.join('\n')}
</g></svg>
`;
}

function rowParts(row, y, foreground, background) {
  const backs = [];
  const texts = [];
  let style = {};
  let x = 0;
  for (const piece of row.split(/(\x1b\[[\d;:]*m)/)) {
    const sgr = /^\x1b\[([\d;:]*)m$/.exec(piece);
    if (sgr !== null) {
      style = styled(style, sgr[1]);
      continue;
    }
    const clean = piece.replace(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|[\x0e\x0f]/g, '');
    if (clean === '') continue;
    const cells = stringWidth(clean);
    let [ink, back] = [style.fg ?? foreground, style.bg];
    if (style.inverse) [ink, back] = [back ?? background, ink];
    const [left, top] = [margin + x * cellWidth, margin + y * cellHeight];
    if (back !== undefined)
      backs.push(
        `<rect x="${n(left)}" y="${top}" width="${n(cells * cellWidth)}" height="${cellHeight}" fill="${back}"/>`,
      );
    const weight = style.bold ? ' font-weight="bold"' : '';
    const faint = style.dim ? ' opacity="0.6"' : '';
    const line = style.underline ? ' text-decoration="underline"' : '';
    // Word by word, each at its place: no font, and no space that is collapsed, moves the next one.
    for (const { 0: word, index } of clean.matchAll(/[^ ]+/g)) {
      const at = margin + (x + stringWidth(clean.slice(0, index))) * cellWidth;
      texts.push(
        `<text x="${n(at)}" y="${top + 13.5}" textLength="${n(stringWidth(word) * cellWidth)}" lengthAdjust="spacingAndGlyphs" fill="${ink}"${weight}${faint}${line}>${escaped(word)}</text>`,
      );
    }
    x += cells;
  }
  return [...backs, ...texts];
}

function styled(before, codes) {
  const style = { ...before };
  const numbers = codes === '' ? [0] : codes.split(/[;:]/).map(Number);
  for (let i = 0; i < numbers.length; i++) {
    const code = numbers[i];
    if (code === 0) Object.keys(style).forEach((key) => delete style[key]);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code === 38 || code === 48) {
      const name = code === 38 ? 'fg' : 'bg';
      if (numbers[i + 1] === 2) {
        style[name] = `rgb(${numbers.slice(i + 2, i + 5).join(',')})`;
        i += 4;
      } else {
        style[name] = indexed(numbers[i + 2]);
        i += 2;
      }
    } else if (code === 39) delete style.fg;
    else if (code === 49) delete style.bg;
    else if (code >= 30 && code <= 37) style.fg = palette[code - 30];
    else if (code >= 40 && code <= 47) style.bg = palette[code - 40];
    else if (code >= 90 && code <= 97) style.fg = palette[code - 82];
    else if (code >= 100 && code <= 107) style.bg = palette[code - 92];
  }
  return style;
}

function indexed(number) {
  if (number < 16) return palette[number];
  if (number >= 232)
    return `rgb(${Array(3)
      .fill(8 + (number - 232) * 10)
      .join(',')})`;
  const level = (value) => (value === 0 ? 0 : 55 + value * 40);
  const cube = number - 16;
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(',')})`;
}

const n = (value) => Number(value.toFixed(2));
const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
