/** The trace as the corpus writes it: a row a connection, request, response and frame; and what two lists of rows differ in. */
import type { ConnectionJson, ExchangeJson, FrameJson, RecordJson } from '../../src/timeline/trace-format.ts';
import type { ExpectedRow } from './corpus.ts';

export interface Row {
  kind: string;
  stream: number;
  src: string;
  dst: string;
  /** What must agree, as one text. */
  text: string;
  excusable: boolean;
  /** A connection of which the reference only guesses who is client. */
  eitherWay?: boolean;
}

export function actualRows(records: readonly RecordJson[]): Row[] {
  const ordered = records.toSorted((a, b) => orderOf(a) - orderOf(b));
  return ordered.flatMap((record) => {
    if (record.type === 'connection') return [connectionRow(record)];
    if (record.type === 'exchange') return record.protocol === 'h2' ? streamRows(record) : exchangeRows(record);
    if (record.type === 'frame' && record.stream === null) return [frameRow(record)];
    return [];
  });
}

function orderOf(record: RecordJson): number {
  return 'id' in record ? record.id : 0;
}

function connectionRow(r: ConnectionJson): Row {
  const both = (count: { client: number; server: number }): string => `${count.client}/${count.server}`;
  const text = `packets ${both(r.packets)} bytes ${both(r.bytes)}`;
  return { kind: 'conn', stream: r.id, src: r.client, dst: r.server, text, excusable: false };
}

function exchangeRows(r: ExchangeJson): Row[] {
  const rows: Row[] = [];
  if (r.request !== null) {
    const way = { stream: r.connection, excusable: !r.request.complete };
    const { method, target, version, headers, bodyBytes } = r.request;
    const body = bodyBytes + (r.request.missingBytes ?? 0);
    rows.push({
      kind: 'req',
      src: r.client,
      dst: r.server,
      ...way,
      text: requestText(method, target, version, headers, body),
    });
  }
  const excusable = r.response !== null && !r.response.complete;
  const back = { kind: 'res', src: r.server, dst: r.client, stream: r.connection, excusable };
  for (const { status, headers } of r.response?.interim ?? [])
    rows.push({ ...back, text: responseText(status, headers, 0) });
  if (r.response !== null) {
    const { status, headers, bodyBytes } = r.response;
    rows.push({ ...back, text: responseText(status, headers, bodyBytes + (r.response.missingBytes ?? 0)) });
  }
  return rows;
}

/** A row a field section, as HTTP/2's come; each stream is compared by itself. */
function streamRows(r: ExchangeJson): Row[] {
  const rows: Row[] = [];
  // Connections met in their middle are not decoded by the reference at all.
  const excusable = [...(r.request?.headers ?? []), ...(r.response?.headers ?? [])].some(([name]) =>
    name.startsWith('<unknown'),
  );
  const way = { kind: `h2 ${r.stream}`, stream: r.connection, excusable };
  const pushed = r.diagnostics.includes('http2.pushed');
  const there = { src: r.client, dst: r.server, ...way };
  const back = { src: r.server, dst: r.client, ...way };
  if (r.request !== null && r.request.version === '2') {
    const { headers, bodyBytes, missingBytes, trailers } = r.request;
    rows.push({ ...(pushed ? back : there), text: sectionText(headers, bodyBytes + (missingBytes ?? 0)) });
    if (trailers.length > 0) rows.push({ ...there, text: sectionText(trailers, 0) });
  }
  for (const { headers } of r.response?.interim ?? []) rows.push({ ...back, text: sectionText(headers, 0) });
  if (r.response !== null) {
    const { headers, bodyBytes, missingBytes, trailers } = r.response;
    rows.push({ ...back, text: sectionText(headers, bodyBytes + (missingBytes ?? 0)) });
    if (trailers.length > 0) rows.push({ ...back, text: sectionText(trailers, 0) });
  }
  return rows;
}

function frameRow(r: FrameJson): Row {
  const [src, dst] = r.from === 'client' ? [r.client, r.server] : [r.server, r.client];
  const text = frameText(r.fin, r.rsv, r.opcode, r.maskingKey, r.payloadLength);
  return { kind: 'ws', stream: r.connection, src, dst, text, excusable: r.truncated && r.payloadLength > 0 };
}

const requestText = (
  method: string,
  target: string,
  version: string,
  headers: unknown,
  body: number | string,
): string => `${method} ${target} ${version} ${JSON.stringify(headers)} body ${body}`;
const responseText = (status: number, headers: unknown, body: number | string): string =>
  `${status} ${JSON.stringify(headers)} body ${body}`;
const sectionText = (headers: unknown, body: number | string): string => `${JSON.stringify(headers)} body ${body}`;
const frameText = (fin: boolean, rsv: number, opcode: number, key: string | null, length: number): string =>
  `fin ${fin} rsv ${rsv} opcode ${opcode} key ${key} length ${length}`;

export function expectedRow(row: ExpectedRow): Row {
  const at = { kind: row.k, stream: row.stream, excusable: row.conf !== 'strong' || row.quirk !== undefined };
  const ends = { src: String(row.src ?? row.client), dst: String(row.dst ?? row.server) };
  const version = ((row.version ?? '') as string).replace(/^HTTP\//, '');
  // Rows seen only without putting bodies together do not tell their length.
  const body = row.conf === 'weak' && row.bodyLen === null ? anyLength : Number(row.bodyLen ?? 0);
  switch (row.k) {
    case 'conn': {
      const both = (value: unknown): string => {
        const { client, server } = value as { client: number; server: number };
        return `${client}/${server}`;
      };
      const text = `packets ${both(row.packets)} bytes ${both(row.bytes)}`;
      return { ...at, ...ends, text, eitherWay: row.clientBy !== 'syn' && row.clientBy !== 'synack' };
    }
    case 'req':
      return { ...at, ...ends, text: requestText(String(row.method), String(row.uri), version, row.headers, body) };
    case 'h2':
      return { ...at, ...ends, kind: `h2 ${Number(row.h2id)}`, text: sectionText(row.headers, body) };
    case 'res':
      return { ...at, ...ends, text: responseText(Number(row.status), row.headers, body) };
    default: {
      const key = (row.maskKey ?? null) as string | null;
      return {
        ...at,
        ...ends,
        text: frameText(Boolean(row.fin), Number(row.rsv), Number(row.opcode), key, Number(row.len)),
      };
    }
  }
}

/**
 * One line a difference: `- ` expected and not there, `+ ` there and not expected; without the field lines. Weak rows may
 * be there or not.
 */
export function differences(expected: readonly Row[], actual: readonly Row[]): string[] {
  const lines: string[] = [];
  expected = expected.map((row) => (row.eitherWay === true ? turnedLike(row, actual) : row));
  const groups = new Set([...expected, ...actual].map(groupOf));
  for (const group of groups) {
    const wanted = expected.filter((row) => groupOf(row) === group);
    const found = actual.filter((row) => groupOf(row) === group);
    for (const line of align(wanted, found)) {
      lines.push(`${line.slice(0, 2)}${group}: ${line.slice(2).replace(/ \[\[.*\]\] | \[\] /, ' ')}`);
    }
  }
  return lines;
}

/** The row as seen from the other end, where that is how the trace has it. */
function turnedLike(row: Row, actual: readonly Row[]): Row {
  if (!actual.some(({ kind, stream, src }) => kind === 'conn' && stream === row.stream && src === row.dst)) return row;
  return { ...row, src: row.dst, dst: row.src, text: row.text.replace(/(\d+)\/(\d+)/g, '$2/$1') };
}

const groupOf = (row: Row): string => `${row.kind} ${row.stream} ${row.src} ${row.dst}`;

const anyLength = '?';

function agree(wanted: Row, found: Row): boolean {
  if (!wanted.text.endsWith(`body ${anyLength}`)) return wanted.text === found.text;
  return found.text.startsWith(wanted.text.slice(0, -anyLength.length));
}

/** Longest common subsequence of two row lists, by text. */
function align(wanted: readonly Row[], found: readonly Row[]): string[] {
  const n = wanted.length;
  const m = found.length;
  const best = Array.from({ length: n + 1 }, () => new Int32Array(m + 1));
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      best[i]![j] = agree(wanted[i]!, found[j]!)
        ? best[i + 1]![j + 1]! + 1
        : Math.max(best[i + 1]![j]!, best[i]![j + 1]!);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && agree(wanted[i]!, found[j]!)) {
      i++;
      j++;
    } else if (i < n && (j === m || best[i + 1]![j]! >= best[i]![j + 1]!)) {
      if (!wanted[i]!.excusable) lines.push('- ' + wanted[i]!.text);
      i++;
    } else {
      if (!found[j]!.excusable) lines.push('+ ' + found[j]!.text);
      j++;
    }
  }
  return lines;
}
