/** The dashboard without a terminal: keys in, the screen as text out. */
import { Grid } from '../../src/dashboard/grid.ts';
import { loadCharts } from '../../src/dashboard/screen.ts';
import type { State } from '../../src/dashboard/state.ts';
import { initialState, update, type Effect, type Event } from '../../src/dashboard/update.ts';
import { View } from '../../src/dashboard/view.ts';
import type { Shop } from '../support/shop.ts';
import { World, type TableName } from '../../src/dashboard/world.ts';

const charts = await loadCharts();

export class Stage {
  state: State;
  readonly world: World;
  readonly view: View;
  readonly effects: Effect[] = [];
  private time = 0;

  constructor({ timeline, details }: Shop, columns = 80, rows = 24) {
    const reading = { name: 'shop.pcap', live: false, bytes: 1000, size: 1000, done: true, rate: 0, failure: undefined, again: undefined };
    this.world = new World({ timeline, details, reading, again: undefined, changed: () => {} });
    this.state = initialState(columns, rows);
    this.view = new View(this.world, this.state);
    this.view.charts = charts;
    this.world.sort('diagnostics', this.state);
    this.settle();
  } // prettier-ignore

  /** Presses keys: names separated by spaces; `"text"` is typed. */
  press(keys: string): this {
    for (const part of keys.match(/"[^"]*"|\S+/g) ?? []) {
      if (part.startsWith('"')) for (const text of part.slice(1, -1)) this.key(text === ' ' ? 'space' : text, text);
      else this.key(part, part.length === 1 ? part : '');
    }
    return this;
  }

  send(event: Event): this {
    this.view.take(this.state);
    const { state, effects } = update(this.state, event, this.view);
    this.state = state;
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.kind === 'filter') this.world.filter(effect.list as TableName, effect.text);
      if (effect.kind === 'sort') this.world.sort(effect.list as TableName, state);
    }
    this.settle();
    return this;
  }

  /** The screen, trailing spaces off. */
  screen(): string {
    this.settle();
    const grid = new Grid(this.state.columns, this.state.rows);
    this.view.draw(grid);
    return Array.from({ length: grid.height }, (_, y) => grid.row(y).trimEnd()).join('\n') + '\n';
  }

  /** The screen once what is read in the background has come. */
  async rested(): Promise<string> {
    this.screen();
    await new Promise((resolve) => void setTimeout(resolve, 120));
    return this.screen();
  }

  private key(name: string, text: string): void {
    this.time += 1000;
    this.send({ kind: 'key', name, text, at: this.time });
  }

  private settle(): void {
    const clock = (): number => performance.now();
    for (let i = 0; i < 2; i++) {
      this.view.take(this.state);
      while (this.world.work(1000, clock));
      this.state = update(this.state, { kind: 'data' }, this.view).state;
    }
    this.view.take(this.state);
  }
}
