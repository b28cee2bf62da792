/** An HttpHead as a decoder would lend it, from text: start line and field lines, `\n` between them. */
import { HttpHead, knownFieldNames, offsetsPerField } from '../../src/core/http.ts';

export function headOf(text: string): HttpHead {
  const head = new HttpHead();
  const lines = text.split('\n');
  head.data = Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1');
  head.end = head.size = head.data.length;
  startLine(head, lines[0]!);
  let at = lines[0]!.length + 2;
  for (const line of lines.slice(1)) {
    fieldLine(head, line, at);
    at += line.length + 2;
  }
  return head;
}

/** As an HTTP/2 decoder writes one out: pseudo-header fields first, version 20. */
export function http2HeadOf(text: string): HttpHead {
  const head = headOf(`\n${text}`);
  head.version = 20;
  for (let i = 0; i < head.fieldCount; i++) {
    const [nameStart, nameEnd, start, end] = head.offsets.subarray(i * offsetsPerField, (i + 1) * offsetsPerField);
    const name = Buffer.from(head.data).toString('latin1', nameStart, nameEnd);
    if (name === ':method') [head.methodStart, head.methodEnd] = [start!, end!];
    if (name === ':path') [head.targetStart, head.targetEnd] = [start!, end!];
    if (name === ':status') head.status = Number(Buffer.from(head.data).toString('latin1', start, end));
  }
  return head;
}

function startLine(head: HttpHead, line: string): void {
  const response = /^HTTP\/(\d)\.(\d) (\d+) ?(.*)$/.exec(line);
  const request = /^(\S+) (\S+) HTTP\/(\d)\.(\d)$/.exec(line);
  if (response !== null) {
    head.version = Number(response[1]) * 10 + Number(response[2]);
    head.status = Number(response[3]);
    [head.reasonStart, head.reasonEnd] = [line.length - response[4]!.length, line.length];
  } else if (request !== null) {
    head.version = Number(request[3]) * 10 + Number(request[4]);
    head.methodEnd = request[1]!.length;
    [head.targetStart, head.targetEnd] = [head.methodEnd + 1, head.methodEnd + 1 + request[2]!.length];
  }
}

function fieldLine(head: HttpHead, line: string, at: number): void {
  const colon = line.indexOf(':', 1);
  const value = line.slice(colon + 1);
  const start = at + colon + 1 + (value.length - value.trimStart().length);
  head.reserve();
  const name = line.slice(0, colon).toLowerCase();
  head.known[head.fieldCount] = Math.max(0, knownFieldNames.indexOf(name));
  head.offsets.set([at, at + colon, start, start + value.trim().length], head.fieldCount * offsetsPerField);
  head.fieldCount++;
}
