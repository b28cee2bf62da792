/**
 * Cuts what a proxy's client sends into request heads and the content after each (RFC 9112 6): the proxy must know where
 * the next request begins, since it may be for another server. Content is not looked at beyond its framing.
 */

/** What `read` has come upon. */
export const Piece = {
  /** Part of a head; more is needed. */
  partial: 0,
  /** A head is complete: in `head`. */
  head: 1,
  /** Bytes to be passed on as they are. */
  content: 2,
  /** Not HTTP/1. */
  bad: 3,
  /** A head beyond the limit. */
  long: 4,
} as const;
export type Piece = (typeof Piece)[keyof typeof Piece];

const State = { head: 0, counted: 1, size: 2, chunk: 3, chunkEnd: 4, trailers: 5 } as const;
const newline = 0x0a;
const carriageReturn = 0x0d;

export class RequestReader {
  /** The head as sent, with the empty line; valid after `Piece.head`. */
  head = '';
  piece: Piece = Piece.partial;
  private readonly limit: number;
  private state: number = State.head;
  private text = '';
  /** Bytes of content, or of a chunk, still to come. */
  private left = 0;
  private line = '';

  /** @param limit bytes of a head */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Between two requests, nothing of the next one seen. */
  get isIdle(): boolean {
    return this.state === State.head && this.text === '';
  }

  /** @returns position after the piece, which `piece` names */
  read(data: Buffer, at: number): number {
    if (this.state === State.head) return this.readHead(data, at);
    this.piece = Piece.content;
    while (at < data.length && this.state !== State.head) at = this.content(data, at);
    return at;
  }

  private readHead(data: Buffer, at: number): number {
    let end = at;
    while (end < data.length) {
      end = data.indexOf(newline, end) + 1;
      if (end === 0) break;
      this.text += data.toString('latin1', at, end);
      at = end;
      if (/(?:^|\n)\r?\n$/.test(this.text.slice(-3))) {
        // Empty lines before a request are no head (RFC 9112 2.2).
        if (this.text.trim() === '') this.text = '';
        else return this.finishHead(at);
      }
    }
    this.text += data.toString('latin1', at, data.length);
    this.piece = this.text.length > this.limit ? Piece.long : Piece.partial;
    return data.length;
  }

  private finishHead(at: number): number {
    this.head = this.text;
    this.text = '';
    this.piece = this.head.length > this.limit ? Piece.long : Piece.head;
    this.left = 0;
    const coding = fieldOf(this.head, 'transfer-encoding');
    const length = fieldOf(this.head, 'content-length');
    if (coding !== undefined && /chunked\s*$/i.test(coding)) this.state = State.size;
    else if (length !== undefined && Number(length) > 0) {
      this.left = Number(length);
      this.state = State.counted;
    }
    return at;
  }

  private content(data: Buffer, at: number): number {
    switch (this.state) {
      case State.counted:
      case State.chunk: {
        const stop = Math.min(data.length, at + this.left);
        this.left -= stop - at;
        if (this.left === 0) this.state = this.state === State.chunk ? State.chunkEnd : State.head;
        return stop;
      }
      case State.size:
      case State.trailers:
        return this.readLine(data, at);
      default: {
        const byte = data[at]!;
        if (byte === newline) this.state = State.size;
        else if (byte !== carriageReturn) this.piece = Piece.bad;
        return this.piece === Piece.bad ? data.length : at + 1;
      }
    }
  }

  private readLine(data: Buffer, at: number): number {
    const end = data.indexOf(newline, at);
    this.line += data.toString('latin1', at, end < 0 ? data.length : end);
    if (this.line.length > this.limit) this.piece = Piece.bad;
    if (end < 0 || this.piece === Piece.bad) return data.length;
    const line = this.line.trim();
    this.line = '';
    if (this.state === State.trailers) {
      if (line === '') this.state = State.head;
      return end + 1;
    }
    return this.startChunk(line) ? end + 1 : data.length;
  }

  private startChunk(line: string): boolean {
    const [digits] = /^[0-9a-fA-F]{1,13}/.exec(line) ?? [];
    if (digits === undefined) {
      this.piece = Piece.bad;
      return false;
    }
    this.left = parseInt(digits, 16);
    this.state = this.left === 0 ? State.trailers : State.chunk;
    return true;
  }
}

/** The value of a head's first field of that name. */
export function fieldOf(head: string, name: string): string | undefined {
  return new RegExp(`\\n${name}[ \\t]*:[ \\t]*([^\\r\\n]*)`, 'i').exec(head)?.[1]?.trimEnd();
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

export function requestLine(head: string): RequestLine | undefined {
  const [, method, target, version] = /^\s*([!-~]+) +(\S+) +(HTTP\/1\.[01])\r?\n/.exec(head) ?? [];
  return method === undefined ? undefined : { method, target: target!, version: version! };
}

/**
 * The head as the server gets it: the target in origin-form (RFC 9112 3.2.1), without the fields that are for the proxy.
 * All else stays as it was sent.
 */
export function forOrigin(head: string, { method, version }: RequestLine, path: string): string {
  const end = head.indexOf('\n', head.search(/\S/));
  const rest = head.slice(end + 1);
  const lineEnd = head[end - 1] === '\r' ? '\r\n' : '\n';
  return (
    `${method} ${path} ${version}${lineEnd}` + rest.replace(/^proxy-(?:connection|authorization)[ \t]*:[^\n]*\n/gim, '')
  );
}
