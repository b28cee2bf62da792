/**
 * The terminal: the only file that knows blessed and blessed-contrib. blessed has the terminal's modes, its keys and its
 * mouse, blessed-contrib draws charts into a screen that nobody sees and whose cells we take over. The cells of the real
 * screen are painted by `painter.ts`: blessed's own are limited to 256 colours and count a thousand emoji as one cell.
 */
import type { Blessed, Key, MouseData, Program, Screen as BlessedScreen } from 'blessed';
import blessedProgram from 'blessed/lib/program.js';
import type { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { Grid } from './grid.ts';
import { paint } from './painter.ts';
import { blank, line, lineText, span, type Line, type Span, type Style } from './styled.ts';
import type { Theme } from './theme.ts';

/** A key as `keys.ts` names it: the character, or `enter`, `pageup`, `C-d`, `S-tab` ... */
export interface KeyPress {
  readonly name: string;
  /** What it types; empty for others. */
  readonly text: string;
}

export interface MousePress {
  readonly action: 'press' | 'wheelup' | 'wheeldown';
  readonly x: number;
  readonly y: number;
}

export interface ScreenEvents {
  key(press: KeyPress): void;
  mouse(press: MousePress): void;
  resize(): void;
  /** The terminal told its background colour. */
  background(reply: string): void;
  /** The terminal has gone. */
  closed(): void;
}

export type TerminalInput = EventEmitter & {
  setRawMode?(raw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
};
export type TerminalOutput = Writable & { columns?: number; rows?: number };

const askBackground = '\x1b]11;?\x07';
/** Frames are skipped while the terminal has this much to read. */
const mostPending = 256 * 1024;

export class Screen {
  private readonly input: TerminalInput;
  private readonly output: TerminalOutput;
  private readonly events: ScreenEvents;
  private readonly keys = new PassThrough();
  private program: Program | undefined;
  private last: Grid | undefined;
  private next: Grid | undefined;
  private mouse = false;
  private readonly onData = (data: Buffer | string): void => this.take(String(data));
  private readonly onResize = (): void => this.events.resize();
  private readonly onClosed = (): void => this.events.closed();

  constructor(input: TerminalInput, output: TerminalOutput, events: ScreenEvents) {
    this.input = input;
    this.output = output;
    this.events = events;
  }

  get columns(): number {
    return this.output.columns ?? 80;
  }

  get rows(): number {
    return this.output.rows ?? 24;
  }

  get entered(): boolean {
    return this.program !== undefined;
  }

  /** Takes the terminal: raw keys, the alternate buffer, no cursor. */
  enter(mouse: boolean): void {
    const program = blessedProgram({
      input: this.keys,
      output: this.output,
      terminal: 'xterm-256color',
      tput: false,
    });
    this.program = program;
    program.on('keypress', (character, key) => this.press(character, key));
    program.on('mouse', (data) => this.point(data));
    this.input.setRawMode?.(true);
    this.input.on('data', this.onData);
    this.input.on('end', this.onClosed);
    this.input.on('error', this.onClosed);
    this.output.on('resize', this.onResize);
    this.output.on('error', this.onClosed);
    this.input.resume();
    program.setMode('?1049');
    program.hideCursor();
    this.last = undefined;
    this.setMouse(mouse);
    this.write(askBackground);
  }

  /** Gives the terminal back as it was found. Safe to call at any time, more than once. */
  leave(): void {
    const { program } = this;
    if (program === undefined) return;
    this.program = undefined;
    if (this.mouse) setMouseModes(program, false);
    this.mouse = false;
    this.write('\x1b[0m\x1b[?2026l');
    program.showCursor();
    program.resetMode('?1049');
    this.input.off('data', this.onData);
    this.input.off('end', this.onClosed);
    this.output.off('resize', this.onResize);
    try {
      this.input.setRawMode?.(false);
    } catch {
      // The terminal has gone.
    }
    this.input.pause();
    program.removeAllListeners();
    program.destroy();
  }

  setMouse(on: boolean): void {
    if (this.program === undefined || on === this.mouse) return;
    this.mouse = on;
    setMouseModes(this.program, on);
  }

  /** Puts text on the clipboard, through the terminal (OSC 52): works over SSH, where the terminal allows it. */
  copy(text: string): void {
    this.write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);
  }

  /** Shows what `draw` puts into the grid given to it; only what changed is sent. */
  show(theme: Theme, draw: (grid: Grid) => { x: number; y: number } | undefined): void {
    if (this.program === undefined || this.output.writableLength > mostPending) return;
    const { columns, rows } = this;
    let grid = this.next;
    if (grid === undefined || grid.width !== columns || grid.height !== rows) grid = new Grid(columns, rows);
    grid.clear();
    const cursor = draw(grid);
    const bytes = paint(this.last, grid, theme);
    const place = cursor === undefined ? '\x1b[?25l' : `\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`;
    if (bytes !== '' || place !== this.placed) this.write(bytes + place);
    this.placed = place;
    this.next = this.last;
    this.last = grid;
  }

  /** The next frame is sent whole. */
  forget(): void {
    this.last = undefined;
  }

  private placed = '';

  private write(text: string): void {
    if (this.output.writable) this.output.write(text);
  }

  /** Hands keys and mouse reports on one by one, keeping the terminal's own answers back. */
  private take(data: string): void {
    const parts = data.split(/(\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[<[\d;]+[Mm])/); // oxlint-disable-line no-control-regex
    for (const part of parts) {
      if (part.startsWith('\x1b]')) this.events.background(part);
      else if (part !== '') this.keys.emit('data', Buffer.from(part));
    }
  }

  private press(character: string | undefined, key: Key): void {
    const { name = '', full = '' } = key;
    // blessed tells of the enter key twice.
    if (name === 'return' || name === 'mouse') return;
    const types = character !== undefined && key.ctrl !== true && key.meta !== true && !isControl(character);
    if (types && character !== ' ') this.events.key({ name: character, text: character });
    else if (character === ' ') this.events.key({ name: 'space', text: ' ' });
    else this.events.key({ name: name === 'linefeed' ? 'enter' : full, text: '' });
  }

  private point({ action, x, y, button }: MouseData): void {
    if (action === 'wheelup' || action === 'wheeldown') this.events.mouse({ action, x, y });
    else if (action === 'mousedown' && button === 'left') this.events.mouse({ action: 'press', x, y });
  }
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f;
}

function setMouseModes(program: Program, on: boolean): void {
  const modes = { vt200Mouse: on, cellMotion: on, sgrMouse: on };
  program.setMouse(modes, on);
}

// --- charts ----------------------------------------------------------------------------------------------------------

export interface Series {
  readonly title: string;
  readonly values: readonly number[];
  readonly style: Style;
}

/** Draws charts as lines of text. */
export interface Charts {
  /** A line chart; `labels` stand under the x axis. */
  curves(series: readonly Series[], labels: readonly string[], width: number, height: number): Line[];
  /** Upright bars with their counts and titles under them. */
  bars(bars: readonly { title: string; value: number; style: Style }[], width: number, height: number): Line[];
}

/** blessed's colour numbers that charts are drawn in, and the styles they stand for: the first is for axes and labels. */
const inkNumbers = [7, 1, 2, 3, 4, 5, 6] as const;

/** Charts of blessed-contrib, drawn off screen. Loaded when they are first needed, with blessed's widgets: they cost 80 ms. */
export async function loadCharts(): Promise<Charts> {
  const { default: blessed } = await import('blessed');
  const { default: bar } = await import('blessed-contrib/lib/widget/charts/bar.js');
  const { default: lineChart } = await import('blessed-contrib/lib/widget/charts/line.js');
  const canvas = new OffScreen(blessed);
  return {
    curves(series, labels, width, height) {
      if (width < 20 || height < 5) return [];
      const make = (screen: BlessedScreen) => lineChart({
        screen, top: 0, left: 0, width, height, xPadding: 5, numYLabels: 3, showLegend: false,
        style: { line: 'white', text: 'white', baseline: 'white' },
      }); // prettier-ignore
      const styles: Style[] = ['faint', ...series.map(({ style }) => style)];
      return canvas.draw(make, width, height, styles, (chart) =>
        chart.setData(
          series.map(({ title, values }, i) => ({
            title, x: [...labels], y: [...values], style: { line: colourNames[i % colourNames.length]! },
          })),
        ),
      ); // prettier-ignore
    },
    bars(bars, width, height) {
      if (height < 6 || bars.length === 0) return [];
      const spacing = Math.max(7, Math.min(12, Math.floor((width - 2) / bars.length)));
      const barWidth = spacing - 3;
      const make = (screen: BlessedScreen) => bar({
        screen, top: 0, left: 0, width, height, barWidth, barSpacing: spacing, xOffset: 1, maxHeight: 1,
        barBgColor: 'red', barFgColor: 'white', labelColor: 'white', showText: false,
      }); // prettier-ignore
      const shown = bars.slice(0, Math.max(1, Math.floor((width - 2) / spacing)));
      const lines = canvas.draw(make, width, height - 2, ['text', 'accent'], (chart) =>
        chart.setData({ titles: shown.map(({ title }) => title), data: shown.map(({ value }) => value) }),
      );
      return [...lines.map((each) => dyed(each, shown, spacing)), ...legend(shown, spacing)].slice(-height);
    },
  };
}

const colourNames = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan'];

/** Bars are drawn in one colour, as backgrounds: each gets its own style, as blocks. */
function dyed(of: Line, bars: readonly { style: Style }[], spacing: number): Line {
  let x = 0;
  const spans: Span[] = [];
  for (const { text, style } of of.spans) {
    for (const character of text) {
      const which = bars[Math.floor((x - 1) / spacing)];
      spans.push(span(character, style === 'accent' && which !== undefined ? which.style : style));
      x++;
    }
  }
  return { spans };
}

function legend(bars: readonly { title: string; value: number; style: Style }[], spacing: number): Line[] {
  const centred = (text: string): string => {
    const room = spacing - 3;
    const left = Math.max(0, Math.floor((room - text.length) / 2));
    return (' '.repeat(left) + text).padEnd(spacing);
  };
  return [
    line(' ', ...bars.map(({ value, style }) => span(centred(String(value)), style))),
    line(' ', ...bars.map(({ title }) => span(centred(title), 'dim'))),
  ];
}

/** A blessed screen on a terminal that is none. */
class OffScreen {
  private readonly blessed: Blessed;
  private readonly screens = new Map<string, BlessedScreen>();

  constructor(blessed: Blessed) {
    this.blessed = blessed;
  }

  draw<E extends Parameters<BlessedScreen['append']>[0]>(
    make: (screen: BlessedScreen) => E,
    width: number,
    height: number,
    styles: readonly Style[],
    fill: (element: E) => void,
  ): Line[] {
    const screen = this.sized(width, height);
    const element = make(screen);
    screen.append(element);
    try {
      fill(element);
      screen.render();
      const drawn = screen.lines.slice(0, height).map((row) => cellsToLine(row.slice(0, width), styles));
      while (drawn.length > 0 && lineText(drawn.at(-1)!).trim() === '') drawn.pop();
      return drawn;
    } catch {
      return [blank];
    } finally {
      screen.remove(element);
    }
  }

  private sized(width: number, height: number): BlessedScreen {
    const key = `${width}x${height}`;
    let screen = this.screens.get(key);
    if (screen === undefined) {
      if (this.screens.size > 8) this.screens.clear();
      const output = Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), {
        columns: width,
        rows: height,
        isTTY: true,
      });
      screen = this.blessed.screen({
        input: new PassThrough(),
        output,
        terminal: 'xterm-256color',
        fullUnicode: true,
        autoPadding: false,
        smartCSR: false,
      });
      this.screens.set(key, screen);
    }
    return screen;
  }
}

/** blessed packs a cell's colours into nine bits each: the foreground above the background. */
function cellsToLine(row: readonly (readonly [number, string])[], styles: readonly Style[]): Line {
  const spans: Span[] = [];
  let text = '';
  let style: Style = 'text';
  for (const [attributes, character] of row) {
    const fore = (attributes >> 9) & 0x1ff;
    const back = attributes & 0x1ff;
    const filled = back !== 0x1ff && character === ' ';
    const number = inkNumbers.indexOf((filled ? back : fore) as (typeof inkNumbers)[number]);
    const own = number < 0 ? 'faint' : (styles[number] ?? 'text');
    if (own !== style && text !== '') {
      spans.push(span(text, style));
      text = '';
    }
    style = own;
    text += filled ? '█' : character;
  }
  if (text !== '') spans.push(span(text, style));
  return { spans };
}
