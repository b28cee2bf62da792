/** A body as a person reads it: by its media type and its charset, folded, coloured; or why it cannot be read. */
import { gunzipSync } from 'node:zlib';
import { u32 } from '../../core/bytes.ts';
import { protobufFields, type ProtobufField } from '../../insight/protobuf.ts';
import { counted } from '../../insight/units.ts';
import { captured, line, span, wrap, type Line, type Span } from '../styled.ts';
import type { TextLine } from '../text-view.ts';
import { hexLines } from './hex.ts';
import { imageFacts } from './images.ts';
import { jsonLines } from './json-view.ts';

export interface BodyToShow {
  readonly body: Uint8Array;
  readonly truncated: boolean;
  readonly contentType: string | undefined;
  /** A name that tells its folds from those of others. */
  readonly name: string;
}

const mostTextLines = 5000;
const mostGrpcMessages = 500;
const mostUnzipped = 1024 * 1024;

export function decodedLines(of: BodyToShow, folds: ReadonlySet<string>, width: number): TextLine[] {
  const { body, contentType = '', name } = of;
  if (body.length === 0) return [];
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const image = imageFacts(body);
  if (image !== undefined) return imageLines(image, body.length);
  if (type.startsWith('multipart/')) {
    const parts = multipartLines(of, contentType, folds, width);
    if (parts !== undefined) return parts;
  }
  const wire = type.startsWith('application/grpc') ? grpcLines(body, width) : /\bproto(buf)?\b/.test(type) ? fieldsOf(body, width) : undefined;
  if (wire !== undefined) return wire;
  const text = textOf(body, contentType, of.truncated);
  if (text === undefined) return [line(span(`${counted(body.length, 'byte')} that are not text:`, 'dim')), ...hexLines(body)];
  if (type === 'application/x-www-form-urlencoded') return formLines(text);
  if (type.endsWith('json') || type === '' || type.endsWith('javascript') || type === 'text/plain') {
    const json = jsonLines(text, name, folds);
    if (json !== undefined) return json;
  }
  if (type === 'text/event-stream') return plainLines(text, width, eventSpans);
  return plainLines(text, width);
} // prettier-ignore

/** The messages of a gRPC call (a flag and four bytes of length in front of each), by the fields of their wire form. */
function grpcLines(body: Uint8Array, width: number): Line[] | undefined {
  const lines: Line[] = [];
  let at = 0;
  for (let nth = 1; at + 5 <= body.length && nth <= mostGrpcMessages; nth++) {
    const packed = body[at] === 1;
    const from = at + 5;
    at = from + u32(body, at + 1);
    const data = at > body.length ? undefined : packed ? unzipped(body.subarray(from, at)) : body.subarray(from, at);
    const fields = data === undefined ? undefined : protobufFields(data);
    const size = counted(Math.min(at, body.length) - from, 'byte') + (packed ? ' packed' : '');
    const why = at > body.length ? ', cut' : data === undefined ? ', in a coding that is not undone' : fields === undefined ? ', no protobuf' : '';
    lines.push(line(span(`message ${nth}`, 'accent'), span(`  ${size}${why}`, 'dim')));
    if (fields !== undefined) lines.push(...wireLines(fields, width));
    else if (data !== undefined) lines.push(...hexLines(data));
  }
  return lines.length === 0 ? undefined : lines;
} // prettier-ignore

/** Undefined where it is not gzip, or unpacks to more than is shown. */
function unzipped(data: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(data, { maxOutputLength: mostUnzipped });
  } catch {
    return undefined;
  }
}

function fieldsOf(body: Uint8Array, width: number): Line[] | undefined {
  const fields = protobufFields(body);
  return fields === undefined ? undefined : wireLines(fields, width);
}

/** `3 text lamp`: without a schema fields have numbers, not names. */
function wireLines(fields: readonly ProtobufField[], width: number, indent = 2): Line[] {
  return fields.flatMap(({ number, type, value }) => {
    const head = [span(' '.repeat(indent)), span(String(number), 'name'), span(` ${type} `, 'dim')];
    if (typeof value !== 'string') return [line(...head), ...wireLines(value, width, indent + 2)];
    return wrap(line(...head, captured(value, type === 'text' ? 'string' : 'number')), width, indent + 2);
  });
}

/** The text as it is, line by line. */
export function plainLines(text: string, width: number, style: (each: string) => Span[] = plainSpans): Line[] {
  const rows = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const lines: Line[] = [];
  for (const row of rows) {
    if (lines.length > mostTextLines) {
      lines.push(line(span(`… ${counted(rows.length, 'line')} in all`, 'dim')));
      break;
    }
    for (const each of wrap({ spans: style(row.replaceAll('\t', '    ').slice(0, 64 * 1024)) }, width))
      lines.push(each);
  }
  return lines;
}

const plainSpans = (text: string): Span[] => [captured(text)];

function eventSpans(text: string): Span[] {
  const colon = text.indexOf(':');
  if (colon <= 0) return [captured(text, 'dim')];
  return [captured(text.slice(0, colon), 'name'), span(':', 'dim'), captured(text.slice(colon + 1))];
}

/** Text by its charset, UTF-8 where none is named; undefined where it is none. */
export function textOf(body: Uint8Array, contentType: string, truncated: boolean): string | undefined {
  const label = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  const decoder = decoderFor(label) ?? decoderFor('utf-8')!;
  try {
    // A character that the bound cut is no mistake.
    const text = decoder.decode(body, { stream: truncated });
    // oxlint-disable-next-line no-control-regex
    const controls = text.slice(0, 4096).match(/[\x00-\x08\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0;
    return controls > Math.min(text.length, 4096) / 16 ? undefined : text;
  } catch {
    return undefined;
  }
}

function decoderFor(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
}

function imageLines(image: NonNullable<ReturnType<typeof imageFacts>>, bytes: number): Line[] {
  const pixels = image.width > 0 ? `${image.width} × ${image.height} pixels` : '';
  const facts = [pixels, image.more, counted(bytes, 'byte')].filter((fact) => fact !== '').join(', ');
  return [line(span('▣ ', 'accent'), span(`${image.format} image`), span(`  ${facts}`, 'dim'))];
}

function formLines(text: string): Line[] {
  return text.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return line(captured(formText(name), 'name'), span(' = ', 'dim'), captured(formText(value), 'string'));
  });
}

function formText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** RFC 2046 5.1.1: parts between delimiter lines, each with fields of its own. */
function multipartLines(
  { body, truncated, name }: BodyToShow,
  contentType: string,
  folds: ReadonlySet<string>,
  width: number,
): TextLine[] | undefined {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const pieces = text.split(`--${boundary}`).slice(1, 101);
  const lines: TextLine[] = [];
  pieces.forEach((piece, i) => {
    if (piece.startsWith('--')) return;
    const split = piece.indexOf('\r\n\r\n');
    if (split < 0) return;
    const head = piece.slice(2, split);
    const content = Buffer.from(piece.slice(split + 4).replace(/\r\n$/, ''), 'latin1');
    const type = /^content-type:\s*(.*)$/im.exec(head)?.[1] ?? 'text/plain';
    lines.push(line(span(`part ${i + 1}`, 'accent'), span(`  ${counted(content.length, 'byte')}`, 'dim')));
    for (const row of head.split('\r\n')) lines.push(fieldLine(row));
    const part = { body: content, truncated, contentType: type, name: `${name}/${i}` };
    lines.push(...decodedLines(part, folds, width), line());
  });
  return lines.length === 0 ? undefined : lines;
}

function fieldLine(text: string): Line {
  const colon = text.indexOf(':');
  if (colon < 0) return line(captured(text));
  return line(captured(text.slice(0, colon), 'name'), captured(text.slice(colon)));
}
