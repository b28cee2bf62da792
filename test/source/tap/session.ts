/** A tap in this process, for tests: what passes is recorded as the JSON Lines export writes it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { analyzeTo } from '../../../src/cli/analyze.ts';
import { TapSession } from '../../../src/cli/tap-session.ts';
import { JsonlExporter } from '../../../src/export/jsonl.ts';
import type { Endpoint } from '../../../src/source/tap/endpoint.ts';
import { Tap, type Mode, type TapOptions } from '../../../src/source/tap/tap.ts';
import type { RecordJson } from '../../../src/timeline/trace-format.ts';

const maxBody = 1 << 16;

export class RecordedLines {
  text = '';
  readonly exporter = new JsonlExporter(
    {
      write: (data, start, end) => {
        this.text += Buffer.from(data.subarray(start, end)).toString('utf8');
      },
      end() {},
    },
    'test',
    maxBody,
  );

  get records(): RecordJson[] {
    this.exporter.flush();
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordJson);
  }
}

export class LiveTap {
  readonly lines = new RecordedLines();
  readonly said: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'wirescope-tap-'));
  readonly saved = join(this.folder, 'session.pcapng');
  readonly session: TapSession;
  readonly tap: Tap;
  private stopped = false;

  constructor(options: Partial<TapOptions> | ((live: LiveTap) => Partial<TapOptions>) = {}) {
    const say = (line: string): void => void this.said.push(line);
    this.session = new TapSession({ name: 'test', sinks: [this.lines.exporter], maxBody, save: this.saved, say });
    const { clock, tapped } = this.session;
    this.tap = new Tap({
      clock,
      tapped,
      maxConnections: 1000,
      say,
      ...(typeof options === 'function' ? options(this) : options),
    });
    afterAll(async () => {
      await this.stop(0);
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** @returns the port it listens on */
  async listen(mode: Mode, endpoint: Endpoint = { host: '127.0.0.1', port: 0 }): Promise<number> {
    const where = await this.tap.listen(endpoint, mode);
    return 'port' in where ? where.port : 0;
  }

  async stop(graceMs = 2000): Promise<RecordJson[]> {
    if (!this.stopped) {
      this.stopped = true;
      await this.tap.stop(graceMs);
      await this.session.finish();
    }
    return this.lines.records;
  }

  /** The saved session, read back. */
  async reread(): Promise<RecordJson[]> {
    const lines = new RecordedLines();
    await analyzeTo(this.saved, [lines.exporter], { maxBody });
    return lines.records;
  }
}

/** In one order, without what says where the records come from. */
export function comparable(records: readonly RecordJson[]): unknown[] {
  return records
    .filter(({ type }) => type !== 'capture' && type !== 'summary')
    .map((record) => JSON.stringify(record))
    .sort()
    .map((line) => JSON.parse(line) as unknown);
}
