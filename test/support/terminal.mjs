// A real terminal for tests and pictures: tmux on a socket of its own, keys typed with send-keys, the screen read with
// capture-pane. Everything is ended with `close`.
import { execFileSync, spawnSync } from 'node:child_process';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

let terminals = 0;

const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));

export class Terminal {
  /**
   * @param {string} command for the shell
   * @param {{columns?: number, rows?: number, environment?: Record<string, string>}} options
   */
  constructor(command, { columns = 80, rows = 24, environment = {} } = {}) {
    this.socket = `wirescope-${process.pid}-${terminals++}`;
    const own = { COLORTERM: 'truecolor', LC_ALL: 'C.UTF-8', ...environment };
    const variables = Object.entries(own).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const size = ['-x', String(columns), '-y', String(rows)];
    this.tmux('-f', '/dev/null', 'new-session', '-d', ...size, ...variables, 'sh');
    this.tmux('set', '-g', 'status', 'off');
    this.tmux('set', '-g', 'escape-time', '0');
    this.tmux('set', '-g', 'default-terminal', 'tmux-256color');
    this.tmux('set', '-s', 'set-clipboard', 'on');
    this.tmux('resize-window', ...size);
    this.line(command);
  }

  /** Types a command line. */
  line(text) {
    this.type(text);
    this.key('Enter');
  }

  type(text) {
    this.tmux('send-keys', '-l', '--', text);
  }

  /** Presses keys by tmux's names: `Enter`, `Escape`, `C-d`, `j`. */
  key(...names) {
    for (const name of names) this.tmux('send-keys', '--', name);
  }

  resize(columns, rows) {
    this.tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The screen as text, a line a row. */
  screen() {
    return this.tmux('capture-pane', '-p').replace(/\n$/, '');
  }

  /** The screen with its colours, as escape sequences. */
  colours() {
    return this.tmux('capture-pane', '-p', '-e', '-N').replace(/\n$/, '');
  }

  /** Waits until the screen shows what is wanted; the screen then. */
  async shows(wanted, withinMs = 10_000) {
    const until = performance.now() + withinMs;
    for (;;) {
      const screen = this.screen();
      if (typeof wanted === 'function' ? wanted(screen) : screen.includes(wanted)) return screen;
      if (performance.now() > until)
        throw new Error(`the terminal does not show ${JSON.stringify(String(wanted))}:\n${screen}`);
      await pause(20);
    }
  }

  clipboard() {
    return this.tmux('show-buffer');
  }

  /** What tmux knows of the pane: `alternate_on`, `cursor_flag`, `mouse_any_flag`, `pane_pid` ... */
  fact(name) {
    return this.tmux('display-message', '-p', `#{${name}}`).trim();
  }

  close() {
    spawnSync('tmux', ['-L', this.socket, 'kill-server']);
  }

  tmux(...words) {
    return execFileSync('tmux', ['-L', this.socket, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
