/**
 * Undoes content codings (RFC 9110 8.4): gzip, x-gzip, deflate, br, zstd, several in a row. Everything is synchronous.
 *
 * gzip, deflate and br stream where the content is long or wanted at once, and are decoded at the content's end otherwise;
 * zstd streams. What is cut or damaged gives what could be decoded before. The bounds stand in `coding-output.ts`.
 */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import type { ContentDecoder, ContentDecoderFactory, DecodedContentSink } from '../../core/sinks.ts';
import { Brotli } from './brotli.ts';
import { CodingOutput, type CodedInput } from './coding-output.ts';
import { Inflate } from './inflate.ts';
import { Zstd } from './zstd.ts';

/** More codings in a row than anybody uses are not undone. */
const mostCodings = 4;

type Make = (output: CodingOutput, immediate: boolean) => ContentDecoder;

const decoders: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['gzip', (output, immediate) => new Inflate(true, output, immediate)],
  // RFC 9110 8.4.1.3: the same thing.
  ['x-gzip', (output, immediate) => new Inflate(true, output, immediate)],
  ['deflate', (output, immediate) => new Inflate(false, output, immediate)],
  ['br', (output, immediate) => new Brotli(output, immediate)],
  ['zstd', (output) => new Zstd(output)],
]);

/** Decodes at the content's end where that is faster: for messages of which only the whole is of interest. */
export const createContentDecoder: ContentDecoderFactory = (codings, sink) => create(codings, sink, false);

/** Gives decoded bytes as soon as they can be told: for content that is looked at while it comes (event streams). */
export const createImmediateContentDecoder: ContentDecoderFactory = (codings, sink) => create(codings, sink, true);

function create(codings: string, sink: DecodedContentSink, immediate: boolean): ContentDecoder | null {
  const names = codings
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return null;
  const unknown = names.find((name) => !decoders.has(name));
  if (unknown !== undefined || names.length > mostCodings) {
    sink.problem('http.unknown-coding', unknown === undefined ? `${names.length} codings` : unknown.slice(0, 60));
    return null;
  }
  return new CodingChain(names, sink, immediate);
}

/** The decoders of one message. The coding applied last is listed last, and undone first. */
class CodingChain implements ContentDecoder {
  private readonly input: CodedInput = { bytes: 0 };
  private readonly outermost: ContentDecoder;

  constructor(names: readonly string[], sink: DecodedContentSink, immediate: boolean) {
    let target = sink;
    let decoder: ContentDecoder | null = null;
    for (const name of names) {
      const make = decoders.get(name)!;
      const own = make(new CodingOutput(name, target, this.input), immediate);
      decoder = decoder === null ? own : new Link(own, decoder);
      target = new Feed(decoder, sink);
    }
    this.outermost = decoder!;
  }

  push(data: Uint8Array, start: number, end: number): void {
    this.input.bytes += end - start;
    this.outermost.push(data, start, end);
  }

  gap(): void {
    this.outermost.gap();
  }

  finish(): void {
    this.outermost.finish();
  }
}

/** A decoder whose output another one decodes further: what happens to its content happens to that one's next. */
class Link implements ContentDecoder {
  private readonly outer: ContentDecoder;
  private readonly inner: ContentDecoder;

  constructor(outer: ContentDecoder, inner: ContentDecoder) {
    this.outer = outer;
    this.inner = inner;
  }

  push(data: Uint8Array, start: number, end: number): void {
    this.outer.push(data, start, end);
  }

  gap(): void {
    this.outer.gap();
    this.inner.gap();
  }

  finish(): void {
    this.outer.finish();
    this.inner.finish();
  }
}

/** Decoded bytes of an outer coding are an inner one's coded bytes. */
class Feed implements DecodedContentSink {
  private readonly decoder: ContentDecoder;
  private readonly sink: DecodedContentSink;

  constructor(decoder: ContentDecoder, sink: DecodedContentSink) {
    this.decoder = decoder;
    this.sink = sink;
  }

  decoded(data: Uint8Array, start: number, end: number): void {
    this.decoder.push(data, start, end);
  }

  problem(code: DiagnosticCode, detail: string): void {
    this.sink.problem(code, detail);
  }
}
