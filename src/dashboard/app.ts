/**
 * The dashboard's loop: events from the screen go through `update`, what changed is drawn, work on many rows is done in
 * between in small slices. Also the one place that answers signals and gives the terminal back.
 */
import type { DetailSource } from '../timeline/details.ts';
import type { ExchangeRecord } from '../timeline/records.ts';
import type { Timeline } from '../timeline/timeline.ts';
import { copyText } from './copying.ts';
import { loadCharts, Screen, type TerminalInput, type TerminalOutput } from './screen.ts';
import { focusOf, mainList, type ListName, type State } from './state.ts';
import { colourDepth, groundFromReply, groundOf, Theme, type Ground } from './theme.ts';
import { initialState, update, type Effect, type Event } from './update.ts';
import { View } from './view.ts';
import { tableNames, World, type Reading, type TableName } from './world.ts';

export interface AppOptions {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  readonly timeline: Timeline;
  readonly details: DetailSource;
  readonly reading: Reading;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly colour: boolean | undefined;
  /** Applied to the exchanges from the start. */
  readonly filter: string | undefined;
  /** Reads the whole capture again. */
  readonly again:
    ((sink: { exchange(record: ExchangeRecord): void }, signal: AbortSignal) => Promise<void>) | undefined;
  /** Writes what an expression selects; resolves to the number of records. Undefined: a pipe cannot be exported later. */
  readonly exportTo: ((path: string, expression: string) => Promise<string>) | undefined;
  /** Called when the terminal has been given back, before a signal that ended it is raised again. */
  readonly leaving?: () => void;
}

/** Milliseconds between frames that nobody pressed a key for. */
const frameMs = 66;
const sliceMs = 8;
/** Work before a frame that somebody waits for. */
const urgentSliceMs = 2;

export class App {
  private state: State;
  private readonly options: AppOptions;
  private readonly world: World;
  private readonly view: View;
  private readonly screen: Screen;
  private theme: Theme;
  private ground: Ground;
  private finish: () => void = () => {};
  private signal: NodeJS.Signals | undefined;
  private drawnAt = -Infinity;
  private drawnChanges = -1;
  private timer: NodeJS.Timeout | undefined;
  private urgent = false;
  private pumping = false;
  private over = false;
  private chartsAsked = false;

  constructor(options: AppOptions) {
    this.options = options;
    const { environment, colour, timeline, details, reading, again } = options;
    this.ground = groundOf(environment);
    this.theme = new Theme(colourDepth(environment, colour), this.ground);
    this.screen = new Screen(options.input, options.output, {
      key: ({ name, text }) => this.take({ kind: 'key', name, text, at: performance.now() }),
      mouse: (press) => this.take({ kind: 'mouse', ...press }),
      resize: () => this.resized(),
      background: (reply) => this.background(reply),
      closed: () => this.end(),
    });
    this.state = initialState(this.screen.columns, this.screen.rows, reading.live);
    this.world = new World({ timeline, details, reading, again, changed: () => this.changed(true) });
    this.view = new View(this.world, this.state);
    if (options.filter !== undefined) this.take({ kind: 'notice', text: '', error: false }, options.filter);
    for (const list of tableNames) if (this.state.sorting[list] !== undefined) this.world.sort(list, this.state);
  }

  /** Hears of finished exchanges while they are lent. */
  heard(record: ExchangeRecord): void {
    this.world.heard(record);
  }

  /** Takes the terminal until the person has had enough. A signal that ended it is raised again, for whoever waits. */
  async run(): Promise<void> {
    const release = this.watchSignals();
    // While it is stopped, nothing else keeps the process.
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      this.screen.enter(this.state.mouse);
      this.draw();
      await new Promise<void>((resolve) => {
        this.finish = resolve;
        if (this.over) resolve();
      });
    } finally {
      release();
      clearInterval(alive);
      this.stopTimers();
      this.screen.leave();
      this.options.leaving?.();
    }
    if (this.signal !== undefined) process.kill(process.pid, this.signal);
  }

  /** More has been read (or something that was waited for has come): shows it when it is time. */
  changed(soon = false): void {
    if (this.state.paused || this.over) return;
    this.drawSoon(soon);
  }

  // --- events --------------------------------------------------------------------------------------------------------

  private take(event: Event, filter?: string): void {
    if (this.over) return;
    this.view.take(this.state);
    const before = this.state;
    const { state, effects } = update(this.state, event, this.view);
    this.state = filter === undefined ? state : { ...state, filters: { exchanges: filter }, notice: undefined };
    if (filter !== undefined) this.perform({ kind: 'filter', list: 'exchanges', text: filter });
    for (const effect of effects) this.perform(effect);
    if (this.state.ground !== before.ground && this.state.ground !== undefined) this.repaint(this.state.ground);
    if (this.state.paused !== before.paused || this.state !== before) this.drawSoon(true);
  }

  private resized(): void {
    this.screen.forget();
    this.take({ kind: 'resize', columns: this.screen.columns, rows: this.screen.rows });
  }

  private background(reply: string): void {
    const ground = groundFromReply(reply);
    if (ground !== undefined && this.state.ground === undefined) this.repaint(ground);
  }

  private repaint(ground: Ground): void {
    if (ground === this.ground) return;
    this.ground = ground;
    this.theme = new Theme(this.theme.depth, ground);
    this.screen.forget();
    this.drawSoon(true);
  }

  private say(text: string, error = false): void {
    this.take({ kind: 'notice', text, error });
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case 'quit':
        return this.end();
      case 'suspend':
        return this.suspend();
      case 'redraw':
        return this.screen.forget();
      case 'mouse':
        this.screen.setMouse(effect.on);
        return this.say(effect.on ? 'the mouse selects rows' : 'the mouse selects text; M takes it back');
      case 'filter':
        this.filter(effect.list, effect.text);
        return;
      case 'sort':
        return this.world.sort(effect.list as TableName, this.state);
      case 'copy':
        void this.copy(effect.what);
        return;
      case 'export':
        void this.export(effect.path);
        return;
      case 'clear':
        this.world.clear();
        return this.say('cleared');
    }
  }

  private filter(list: ListName, text: string): void {
    const problem = this.world.filter(list as TableName, text);
    if (problem !== undefined && this.state.prompt === undefined) this.say(problem.message, true);
    this.pump();
  }

  private async copy(what: Parameters<typeof copyText>[0]): Promise<void> {
    const { view } = this.state;
    const list = view === 'websocket' ? mainList(this.state) : view === 'statistics' ? 'statistics' : mainList(this.state);
    const text = await copyText(what, list, this.state, this.world).catch(() => undefined);
    if (text === undefined || text === '') return this.say('there is nothing of that to copy here', true);
    this.screen.copy(text);
    this.say(`copied ${what} (${text.length} characters)`);
  } // prettier-ignore

  private async export(path: string): Promise<void> {
    const { exportTo } = this.options;
    if (exportTo === undefined) return this.say('a pipe cannot be exported later; read a file', true);
    const focus = focusOf(this.state);
    const list = focus in this.state.filters ? focus : mainList(this.state);
    this.say(`writing ${path} …`);
    try {
      this.say(await exportTo(path, this.state.filters[list] ?? ''));
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error), true);
    }
  }

  // --- drawing and work ----------------------------------------------------------------------------------------------

  private drawSoon(urgent: boolean): void {
    if (this.over || !this.screen.entered) return;
    if (urgent) {
      if (this.urgent) return;
      this.urgent = true;
      setImmediate(() => {
        this.urgent = false;
        this.draw(urgentSliceMs);
      });
    } else if (this.timer === undefined) {
      const wait = Math.max(0, frameMs - (performance.now() - this.drawnAt));
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.draw();
      }, wait);
    }
  }

  private draw(slice = sliceMs): void {
    if (this.over || !this.screen.entered) return;
    const clock = (): number => performance.now();
    this.view.take(this.state);
    let more = !this.state.paused && this.world.work(slice, clock);
    this.state = update(this.state, { kind: 'data' }, this.view).state;
    // What follows from where the cursor is now: the frames of another conversation.
    this.view.take(this.state);
    if (this.state.view === 'websocket') {
      more = this.world.work(slice, clock) || more;
      this.state = update(this.state, { kind: 'data' }, this.view).state;
      this.view.take(this.state);
    }
    this.screen.show(this.theme, (grid) => this.view.draw(grid));
    this.drawnAt = clock();
    this.drawnChanges = this.world.changes;
    if (this.state.view === 'statistics') this.askCharts();
    if (more) this.pump();
  }

  /** Goes on with the work until none is left, a slice at a time; keys come in between. */
  private pump(): void {
    if (this.pumping || this.over) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      if (this.over) return;
      const clock = (): number => performance.now();
      const more = !this.state.paused && this.world.work(sliceMs, clock);
      if (this.world.changes !== this.drawnChanges) this.drawSoon(false);
      if (more) this.pump();
    });
  }

  private askCharts(): void {
    if (this.chartsAsked) return;
    this.chartsAsked = true;
    void loadCharts().then((charts) => {
      this.view.charts = charts;
      this.drawSoon(true);
    });
  }

  // --- the terminal --------------------------------------------------------------------------------------------------

  /** Ends the dashboard, as the person would. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.stopTimers();
    this.screen.leave();
    this.finish();
  }

  private stopTimers(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private suspend(): void {
    this.screen.leave();
    process.off('SIGTSTP', this.onStop);
    // To the whole job, as the terminal itself would have done.
    process.kill(0, 'SIGTSTP');
  }

  private readonly onStop = (): void => this.suspend();

  private readonly onContinue = (): void => {
    process.off('SIGTSTP', this.onStop);
    process.on('SIGTSTP', this.onStop);
    if (this.over) return;
    this.screen.leave();
    this.screen.enter(this.state.mouse);
    this.take({ kind: 'resize', columns: this.screen.columns, rows: this.screen.rows });
    this.drawSoon(true);
  };

  /** Whatever happens, the terminal is left as it was found. Returns what takes the handlers off. */
  private watchSignals(): () => void {
    const leave = (): void => this.screen.leave();
    const crash = (error: unknown): void => {
      this.screen.leave();
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`wirescope: internal error: ${text}\n`);
      process.exit(1);
    };
    const stops = (['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const).map((name) => {
      const stop = (): void => {
        this.signal = name;
        this.end();
      };
      return [name, stop] as const;
    });
    for (const [name, stop] of stops) process.on(name, stop);
    process.on('SIGTSTP', this.onStop);
    process.on('SIGCONT', this.onContinue);
    process.on('exit', leave);
    process.on('uncaughtException', crash);
    process.on('unhandledRejection', crash);
    return () => {
      for (const [name, stop] of stops) process.off(name, stop);
      process.off('SIGTSTP', this.onStop);
      process.off('SIGCONT', this.onContinue);
      process.off('exit', leave);
      process.off('uncaughtException', crash);
      process.off('unhandledRejection', crash);
    };
  }
}
