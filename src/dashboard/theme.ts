/**
 * Colours and weight by style name, for dark and light backgrounds and for as many colours as the terminal has. Nothing
 * is told by colour alone: with NO_COLOR the same styles are bold, dim, underlined or reversed.
 */
import { backNames, styleNames, type Back, type Style } from './styled.ts';

/** 0: weight only (NO_COLOR, monochrome). */
export type ColourDepth = 0 | 16 | 256 | 24;
export type Ground = 'dark' | 'light';

interface Ink {
  /** Red, green, blue; the terminal's own where left out. */
  readonly rgb?: readonly [number, number, number];
  /** In 16 colours: 0-15. */
  readonly ansi?: number;
  /** SGR numbers beside the colour. */
  readonly weight?: string;
  /** SGR numbers where there are no colours. */
  readonly mono?: string;
}

type Inks<K extends string> = Readonly<Record<K, Ink>>;

const dark: Inks<Style> = {
  text: {},
  dim: { rgb: [138, 143, 152], ansi: 7, mono: '2' },
  faint: { rgb: [88, 94, 104], ansi: 8, mono: '2' },
  strong: { weight: '1', mono: '1' },
  title: { rgb: [122, 184, 245], ansi: 12, weight: '1', mono: '1' },
  accent: { rgb: [122, 184, 245], ansi: 12, mono: '1' },
  key: { rgb: [229, 192, 123], ansi: 3, mono: '1' },
  good: { rgb: [126, 196, 134], ansi: 2 },
  info: { rgb: [98, 187, 193], ansi: 6 },
  warn: { rgb: [232, 186, 96], ansi: 3, mono: '1' },
  bad: { rgb: [240, 113, 120], ansi: 1, weight: '1', mono: '1;4' },
  method: { rgb: [199, 146, 234], ansi: 5 },
  name: { rgb: [122, 184, 245], ansi: 6 },
  string: { rgb: [152, 195, 121], ansi: 2 },
  number: { rgb: [230, 168, 109], ansi: 3 },
  literal: { rgb: [199, 146, 234], ansi: 5 },
  hit: { rgb: [20, 20, 20], ansi: 0, weight: '48;2;232;186;96', mono: '7' },
  client: { rgb: [122, 184, 245], ansi: 12 },
  server: { rgb: [126, 196, 134], ansi: 2 },
  border: { rgb: [62, 68, 78], ansi: 8, mono: '2' },
  active: { rgb: [122, 184, 245], ansi: 12, mono: '1' },
  error: { rgb: [240, 113, 120], ansi: 1, mono: '1' },
  spark: { rgb: [98, 187, 193], ansi: 6 },
};

const light: Inks<Style> = {
  ...dark,
  dim: { rgb: [96, 101, 110], ansi: 8, mono: '2' },
  faint: { rgb: [150, 155, 163], ansi: 7, mono: '2' },
  title: { rgb: [20, 92, 170], ansi: 4, weight: '1', mono: '1' },
  accent: { rgb: [20, 92, 170], ansi: 4, mono: '1' },
  key: { rgb: [150, 92, 10], ansi: 3, mono: '1' },
  good: { rgb: [32, 122, 54], ansi: 2 },
  info: { rgb: [8, 112, 122], ansi: 6 },
  warn: { rgb: [158, 98, 0], ansi: 3, mono: '1' },
  bad: { rgb: [190, 30, 45], ansi: 1, weight: '1', mono: '1;4' },
  method: { rgb: [124, 58, 170], ansi: 5 },
  name: { rgb: [20, 92, 170], ansi: 4 },
  string: { rgb: [42, 120, 50], ansi: 2 },
  number: { rgb: [164, 86, 10], ansi: 3 },
  literal: { rgb: [124, 58, 170], ansi: 5 },
  client: { rgb: [20, 92, 170], ansi: 4 },
  server: { rgb: [32, 122, 54], ansi: 2 },
  border: { rgb: [198, 203, 210], ansi: 7, mono: '2' },
  active: { rgb: [20, 92, 170], ansi: 4, mono: '1' },
  error: { rgb: [190, 30, 45], ansi: 1, mono: '1' },
  spark: { rgb: [8, 112, 122], ansi: 6 },
};

const darkBacks: Inks<Back> = {
  none: {},
  cursor: { rgb: [44, 62, 88], ansi: 4, mono: '7' },
  resting: { rgb: [38, 42, 50], ansi: 8, mono: '4' },
  head: { mono: '1' },
  bar: { rgb: [30, 34, 42], ansi: 0, mono: '' },
  prompt: { rgb: [36, 44, 58], ansi: 0, mono: '' },
  tab: { rgb: [44, 62, 88], ansi: 4, mono: '7' },
};

const lightBacks: Inks<Back> = {
  none: {},
  cursor: { rgb: [205, 224, 246], ansi: 14, mono: '7' },
  resting: { rgb: [230, 233, 238], ansi: 7, mono: '4' },
  head: { mono: '1' },
  bar: { rgb: [236, 239, 243], ansi: 15, mono: '' },
  prompt: { rgb: [226, 236, 248], ansi: 15, mono: '' },
  tab: { rgb: [205, 224, 246], ansi: 14, mono: '7' },
};

/** The SGR sequences of every style on every back. */
export class Theme {
  readonly depth: ColourDepth;
  readonly ground: Ground;
  private readonly codes: string[];

  constructor(depth: ColourDepth, ground: Ground) {
    this.depth = depth;
    this.ground = ground;
    const inks = ground === 'dark' ? dark : light;
    const backs = ground === 'dark' ? darkBacks : lightBacks;
    this.codes = backNames.flatMap((back) =>
      styleNames.map((style) => {
        const fore = ink(readable(inks, style, back, depth), 38, depth);
        return `\x1b[${['0', ...fore, ...ink(backs[back], 48, depth)].join(';')}m`;
      }),
    );
  }

  /** @param ink a number made by `inkOf` */
  code(ink: number): string {
    return this.codes[ink]!;
  }
}

/** What is faint on the terminal's own background would be lost on the cursor's; of sixteen colours, most would be. */
function readable(inks: Inks<Style>, style: Style, back: Back, depth: ColourDepth): Ink {
  if (back !== 'cursor' && back !== 'tab') return inks[style];
  if (depth === 16) return { weight: '1', ...(style === 'dim' || style === 'faint' ? { weight: '0' } : {}) };
  return style === 'faint' || style === 'border' ? inks.dim : inks[style];
}

const styleNumbers = new Map(styleNames.map((name, number) => [name, number]));
const backNumbers = new Map(backNames.map((name, number) => [name, number]));

/** One number for a style on a back. */
export function inkOf(style: Style, back: Back): number {
  return backNumbers.get(back)! * styleNames.length + styleNumbers.get(style)!;
}

function ink({ rgb, ansi, weight, mono }: Ink, base: 38 | 48, depth: ColourDepth): string[] {
  if (depth === 0) return mono === undefined || mono === '' ? [] : [mono];
  const codes: string[] = [];
  if (weight !== undefined) codes.push(depth === 24 || !weight.includes(';') ? weight : '7');
  if (depth === 16) {
    if (ansi !== undefined) codes.push(String((base === 38 ? 30 : 40) + (ansi < 8 ? ansi : ansi + 52)));
  } else if (rgb !== undefined) {
    codes.push(depth === 24 ? `${base};2;${rgb.join(';')}` : `${base};5;${nearest256(rgb)}`);
  }
  return codes;
}

const cubeLevels = [0, 95, 135, 175, 215, 255];

/** The nearest of the 6x6x6 cube's colours and the 24 greys. */
export function nearest256([red, green, blue]: readonly [number, number, number]): number {
  const level = (value: number): number =>
    cubeLevels.reduce((best, each, i) => (Math.abs(each - value) < Math.abs(cubeLevels[best]! - value) ? i : best), 0);
  const [r, g, b] = [level(red), level(green), level(blue)];
  const grey = Math.max(0, Math.min(23, Math.round(((red + green + blue) / 3 - 8) / 10)));
  const distance = (x: number, y: number, z: number): number => (x - red) ** 2 + (y - green) ** 2 + (z - blue) ** 2;
  const shade = 8 + grey * 10;
  const cube = distance(cubeLevels[r]!, cubeLevels[g]!, cubeLevels[b]!);
  return distance(shade, shade, shade) < cube ? 232 + grey : 16 + 36 * r + 6 * g + b;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** https://no-color.org, then what TERM and COLORTERM say. */
export function colourDepth(environment: Environment, wanted?: boolean): ColourDepth {
  const { NO_COLOR, COLORTERM = '', TERM = '' } = environment;
  if (wanted === false || (wanted === undefined && NO_COLOR !== undefined && NO_COLOR !== '')) return 0;
  if (/^(truecolor|24bit)$/i.test(COLORTERM) || TERM.endsWith('-direct')) return 24;
  if (/256/.test(TERM)) return 256;
  return /^(dumb|vt100|vt220)$/.test(TERM) || TERM === '' ? 0 : 16;
}

/** COLORFGBG, as rxvt, Konsole and others set it: `15;0` is light on dark. */
export function groundOf(environment: Environment): Ground {
  const back = environment['COLORFGBG']?.split(';').at(-1);
  return back === '7' || back === '15' ? 'light' : 'dark';
}

/** The answer to OSC 11: `rgb:ffff/ffff/ffff`. */
export function groundFromReply(reply: string): Ground | undefined {
  const parts = /rgba?:([0-9a-f]+)\/([0-9a-f]+)\/([0-9a-f]+)/i.exec(reply)?.slice(1, 4);
  if (parts === undefined) return undefined;
  const [red = 0, green = 0, blue = 0] = parts.map((hex) => parseInt(hex, 16) / (16 ** hex.length - 1));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? 'light' : 'dark';
}
