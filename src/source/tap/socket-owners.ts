/**
 * Which program a socket of this machine belongs to, where the system tells: Linux, by `/proc`. It is looked up in a thread
 * of its own, which rests nine times as long as it works: the traffic never waits, and a short connection may be gone
 * before its owner is found.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { TcpAddress } from './tapped-connections.ts';

/** A socket, as its owner has it. */
export interface WantedOwner {
  readonly number: number;
  readonly local: TcpAddress;
  readonly remote: TcpAddress;
}

export interface FoundOwner {
  readonly number: number;
  /** `curl (pid 4711)`. */
  readonly owner: string;
}

type Found = (owner: string) => void;
/** Connections that wait to be looked up; more are not. */
const waitingBound = 10_000;
/** Of the thread: much of what it reads is of no use, and would stay until tens of megabytes have gathered. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

export class SocketOwners {
  private readonly worker: Worker | undefined;
  private readonly waiting = new Map<number, Found>();
  private wanted: WantedOwner[] = [];
  private count = 0;

  constructor() {
    const program = fileURLToPath(new URL('./owner-worker.js', import.meta.url));
    if (process.platform !== 'linux' || !existsSync(program)) return;
    this.worker = new Worker(program, { resourceLimits });
    this.worker.unref();
    this.worker.on('message', (found: readonly (FoundOwner | number)[]) => this.take(found));
    // Names are a courtesy.
    this.worker.on('error', () => this.waiting.clear());
  }

  /** @param found called where the owner of the socket between these addresses is found */
  find(local: TcpAddress, remote: TcpAddress, found: Found): void {
    if (this.worker === undefined || this.waiting.size >= waitingBound) return;
    const number = this.count++;
    this.waiting.set(number, found);
    if (this.wanted.length === 0) setImmediate(() => this.ask());
    this.wanted.push({ number, local, remote });
  }

  close(): void {
    this.waiting.clear();
    void this.worker?.terminate();
  }

  private ask(): void {
    this.worker?.postMessage(this.wanted);
    this.wanted = [];
  }

  private take(answers: readonly (FoundOwner | number)[]): void {
    for (const answer of answers) {
      const number = typeof answer === 'number' ? answer : answer.number;
      const found = this.waiting.get(number);
      this.waiting.delete(number);
      if (typeof answer !== 'number') found?.(answer.owner);
    }
  }
}
