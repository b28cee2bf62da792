/**
 * The NSS key log format (SSLKEYLOGFILE, draft-ietf-tls-keylogfile): a line a secret, `LABEL client-random secret`, in hex. Lines of
 * unknown labels are passed over, as are comments; what cannot be read is reported with its line number.
 */
import { latin1 } from './bytes.ts';
import type { SecretKind, Secrets } from './secrets.ts';

const labels: ReadonlyMap<string, SecretKind> = new Map([
  ['CLIENT_RANDOM', 'master'],
  ['PMS_CLIENT_RANDOM', 'premaster'],
  ['CLIENT_EARLY_TRAFFIC_SECRET', 'early'],
  ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'clientHandshake'],
  ['SERVER_HANDSHAKE_TRAFFIC_SECRET', 'serverHandshake'],
  ['CLIENT_TRAFFIC_SECRET_0', 'client'],
  ['SERVER_TRAFFIC_SECRET_0', 'server'],
  ['ECH_SECRET', 'hello'],
  ['ECH_CONFIG', 'helloConfig'],
] as const);

const randomLength = 64;
const masterLength = 96;
/** A premaster secret of finite-field Diffie-Hellman is as long as its prime. */
const longestSecret = 4096;
const longestLine = 16 * 1024;
/** UTF-8's, as bytes: Windows programs write it. */
const byteOrderMark = '\u00ef\u00bb\u00bf';

/** Reads key log lines out of bytes that come in pieces. */
export class KeyLogReader {
  private readonly secrets: Secrets;
  private readonly name: string;
  private readonly problem: (detail: string) => void;
  private line = 0;
  private rest = '';
  private skipping = false;
  private readonly fromEnvironment: boolean;

  /**
   * @param name of the file, for messages
   * @param problem takes what is wrong with a line, in one sentence that names file and line
   * @param fromEnvironment it is read unasked
   */
  constructor(secrets: Secrets, name: string, problem: (detail: string) => void, fromEnvironment = false) {
    this.fromEnvironment = fromEnvironment;
    this.secrets = secrets;
    this.name = name;
    this.problem = problem;
  }

  /** Takes whole lines; the beginning of one is kept until its end comes. */
  push(data: Uint8Array, start: number, end: number): void {
    const lines = (this.rest + latin1(data, start, end)).split(/\r?\n/);
    this.rest = lines.pop()!;
    for (const line of lines) this.whole(line);
    if (this.rest.length <= longestLine) return;
    this.rest = '';
    this.skipping = true;
  }

  /** Takes what is left as a line: the file is complete. */
  end(): void {
    if (this.rest !== '' || this.skipping) this.whole(this.rest);
    this.rest = '';
  }

  private whole(text: string): void {
    this.line++;
    const line = this.line === 1 && text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
    if (this.skipping || line.length > longestLine) {
      this.skipping = false;
      this.complain(`is longer than ${longestLine} characters`);
    } else if (line.trim() !== '' && !line.startsWith('#')) this.take(line.trim());
  }

  private take(line: string): void {
    const [label = '', name = '', secret = '', more] = line.split(/[ \t]+/);
    if (label === 'RSA') return this.takeRsa(name, secret);
    const kind = labels.get(label);
    if (kind === undefined) {
      if (!/^[A-Z][A-Z0-9_]*$/.test(label)) this.complain('begins with no label; expected LABEL client-random secret');
      return;
    }
    const random = name.toLowerCase();
    if (random.length !== randomLength || !isHex(random)) {
      return this.complain(`has no client random of ${randomLength} hex digits behind ${label}`);
    }
    const problem = more === undefined ? secretProblem(kind, secret) : 'has something behind the secret';
    if (problem === undefined) return this.secrets.add(random, kind, secret.toLowerCase(), this.fromEnvironment);
    this.secrets.add(random, 'malformed', `${this.name} line ${this.line}`);
    this.complain(problem);
  }

  /** `RSA <first 8 bytes of the encrypted premaster> <premaster>`, or `RSA Session-ID:<hex> Master-Key:<hex>`. */
  private takeRsa(name: string, secret: string): void {
    const id = /^Session-ID:([0-9a-f]+)$/i.exec(name)?.[1];
    const master = /^Master-Key:([0-9a-f]{96})$/i.exec(secret)?.[1];
    if (id !== undefined && master !== undefined) this.secrets.addNamed(id.toLowerCase(), master.toLowerCase());
    else if (name.length === 16 && isHex(name) && secret.length === masterLength && isHex(secret)) {
      this.secrets.addEncryptedPremaster(name.toLowerCase(), secret.toLowerCase());
    } else this.complain('is no RSA line of 16 and 96 hex digits');
  }

  private complain(what: string): void {
    this.problem(`${this.name} line ${this.line} ${what}`);
  }
}

/** As long as the suite's hash. */
const traffic: ReadonlySet<SecretKind> = new Set(['early', 'clientHandshake', 'serverHandshake', 'client', 'server']);

function secretProblem(kind: SecretKind, secret: string): string | undefined {
  if (secret === '') return 'has no secret';
  if (!isHex(secret)) return 'has a secret that is not hexadecimal';
  if (secret.length % 2 !== 0) return `has a secret of ${secret.length} hex digits, an odd number`;
  if (kind === 'master' && secret.length !== masterLength) {
    return `has a secret of ${secret.length} hex digits; expected ${masterLength}`;
  }
  const short = traffic.has(kind) && secret.length !== 64 && secret.length !== 96;
  if (short) return `has a secret of ${secret.length} hex digits; expected 64 or 96`;
  return secret.length > longestSecret ? `has a secret of ${secret.length} hex digits, too many` : undefined;
}

function isHex(text: string): boolean {
  return /^[0-9a-f]+$/i.test(text);
}
