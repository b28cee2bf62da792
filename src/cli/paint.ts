/** Colours and weight, where they are wanted (https://no-color.org, FORCE_COLOR as Node understands it). */

/** SGR parameters: what turns a style on, and what turns it off again. */
const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;
export type Style = keyof typeof styles;

/** The text in that style, or as it is. The text is printable and holds no style yet. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

export const colours: Paint = (style, text) =>
  text === '' ? '' : `\x1b[${styles[style][0]}m${text}\x1b[${styles[style][1]}m`;

/**
 * @param option `--color` (true), `--no-color` (false), or neither
 * @param isTerminal whether the text goes to a terminal
 */
export function wantsColour(option: boolean | undefined, isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  if (option !== undefined) return option;
  const force = environment['FORCE_COLOR'];
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  if (environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '') return false;
  return isTerminal && environment['TERM'] !== 'dumb';
}

/** Green for success, blue for redirection, yellow for the client's errors, red for the server's, cyan for interim. */
export function statusStyle(status: number): Style {
  switch (Math.floor(status / 100)) {
    case 1:
      return 'cyan';
    case 2:
      return 'green';
    case 3:
      return 'blue';
    case 4:
      return 'yellow';
    case 5:
      return 'red';
    default:
      return 'magenta';
  }
}
