/**
 * What clients make of the tap's certificates, told to the user: once for each program, name and reason. A client that
 * leaves without a word where others have talked has only changed its mind: browsers connect ahead of need.
 */
import type { Recording } from './recording.ts';

export class TlsClients {
  private readonly say: (line: string) => void;
  private readonly told = new Set<string>();
  private readonly talked = new Set<string>();

  constructor(say: (line: string) => void) {
    this.say = say;
  }

  /** A client has sent something by the certificate of this name. */
  hears(name: string): void {
    this.talked.add(name);
  }

  /** The handshake, or what came after it, failed before the client said anything. */
  failed(name: string, recording: Recording, error: Error): void {
    const [, alert] = /alert ([a-z ]+)/.exec(error.message) ?? [];
    if (alert === undefined) return this.tell(name, recording, `TLS failed (${error.message})`);
    this.tell(name, recording, `it refuses the tap's certificate (${alert.replace(/^number.*/, '').trim()})`);
  }

  left(name: string, recording: Recording): void {
    if (!this.talked.has(name))
      this.tell(name, recording, 'it left without a word, as who does not trust the certificate');
  }

  /** The server does not want the tap for its client. @param reason an alert, in words */
  refused(name: string, reason: string): void {
    const key = `${name} ${reason}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    const wanted = reason.includes('certificate') ? 'its server wants a certificate of its client' : 'its server';
    this.say(`${name}: ${wanted} (${reason}); --tls-skip ${name} lets the client itself talk to it`);
  }

  private tell(name: string, { client }: Recording, what: string): void {
    // A program's next connection, and its next process, are no news.
    const key = `${name} ${what} ${client.replace(/ \(pid.*|:\d+$/, '')}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    this.say(`${name}: asked for by ${client}: ${what}; let it trust wirescope ca export, or --tls-skip ${name}`);
  }
}
