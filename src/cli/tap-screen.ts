/** The dashboard on a live session: its records as they come, and what the tap has to say when the person has left. */
import { printable } from '../core/printable.ts';
import { App } from '../dashboard/app.ts';
import type { Reading } from '../dashboard/world.ts';
import { KeptDetails } from '../timeline/kept-details.ts';
import type { RecordSink } from '../timeline/records.ts';
import { liveBounds, Timeline } from '../timeline/timeline.ts';
import { defaultMaxBody } from './analyze.ts';
import { keptSource } from './kept-source.ts';
import { complain } from './terminal.ts';

const drawMs = 100;

export class TapScreen {
  readonly timeline: Timeline = new Timeline(liveBounds);
  readonly details: KeptDetails = new KeptDetails();
  readonly reading: Reading;
  app: App | undefined;
  private readonly lines: string[] = [];

  constructor(name: string) {
    this.reading = {
      name,
      live: true,
      bytes: 0,
      size: undefined,
      done: false,
      rate: 0,
      failure: undefined,
      again: undefined,
    };
  }

  get sinks(): RecordSink[] {
    const silent = (): void => undefined;
    const heard: RecordSink = {
      capture: silent,
      connection: silent,
      exchange: (record) => this.app?.heard(record),
      upgrade: silent,
      frame: silent,
      message: silent,
      diagnostic: silent,
      summary: silent,
    };
    return [this.timeline, heard, this.details];
  }

  /** Lines would tear the screen: they wait until it is left. */
  say(line: string): void {
    if (this.lines.length < 100) this.lines.push(line);
  }

  sayRest(): void {
    for (const line of this.lines) complain(`wirescope: ${printable(line)}`);
  }
}

/** Resolves when the person leaves. */
export async function runTapScreen(
  screen: TapScreen,
  options: { readonly color?: boolean; readonly filter?: string },
): Promise<void> {
  const { timeline, details, reading } = screen;
  const app = new App({
    input: process.stdin,
    output: process.stdout,
    timeline,
    details: keptSource(details, timeline, defaultMaxBody),
    reading,
    environment: process.env,
    colour: options.color,
    filter: options.filter,
    again: undefined,
    exportTo: undefined,
  });
  screen.app = app;
  // The dashboard ends at a signal and raises it again: what was recorded is still to be written whole.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(name, ignored);
  const drawing = setInterval(() => app.changed(), drawMs);
  try {
    await app.run();
  } finally {
    clearInterval(drawing);
  }
}

const ignored = (): void => undefined;
