/** Node.js's HTTP/2 client and server talking over a pair of streams, every delivery written down. */
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type ServerHttp2Stream,
  type IncomingHttpHeaders,
  type Settings,
} from 'node:http2';
import { Duplex } from 'node:stream';
import { client, server, type Side } from '../../../src/core/side.ts';
import type { Step } from '../../support/transcript.ts';

/** One end of a pair; what is written to it is noted and comes out of the other. */
class End extends Duplex {
  other: End | undefined;
  private readonly side: Side;
  private readonly steps: Step[];

  constructor(side: Side, steps: Step[]) {
    super();
    this.side = side;
    this.steps = steps;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.steps.push({ kind: 'bytes', side: this.side, data: Uint8Array.from(chunk) });
    this.other!.push(chunk);
    setImmediate(done);
  }

  override _final(done: () => void): void {
    this.other!.push(null);
    done();
  }
}

export interface Peers {
  steps: Step[];
  session: ClientHttp2Session;
  close(): Promise<void>;
}

export function peers(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  settings: { client?: Settings; server?: Settings; paddingStrategy?: number } = {},
): Peers {
  const steps: Step[] = [];
  const ends = [new End(client, steps), new End(server, steps)] as const;
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  const padding = settings.paddingStrategy === undefined ? {} : { paddingStrategy: settings.paddingStrategy };
  const listener = createServer({ settings: settings.server ?? {}, ...padding });
  listener.on('stream', answer);
  listener.on('sessionError', () => {});
  listener.emit('connection', ends[1]);
  const session = connect('http://peer.example', {
    createConnection: () => ends[0],
    settings: settings.client ?? {},
    ...padding,
  });
  session.on('error', () => {});
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => session.close(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { steps, session, close };
}
