/** A trace as text that a person can review in a diff: a line a record, times from the first packet, bodies by digest. */
import { createHash } from 'node:crypto';
import type {
  ExchangeJson,
  MessageHeadJson,
  MessageJson,
  RecordJson,
  RequestJson,
  ResponseJson,
} from '../../src/timeline/trace-format.ts';

export function eventLog(records: readonly RecordJson[]): string {
  return records.flatMap(linesOf).join('\n') + '\n';
}

function linesOf(r: RecordJson): string[] {
  switch (r.type) {
    case 'capture':
      return [`capture ${r.source.format} ${r.source.linkTypes.join(',')}`];
    case 'connection': {
      const both = (count: { client: number; server: number }): string => `${count.client}/${count.server}`;
      const counts = `packets ${both(r.packets)} bytes ${both(r.bytes)} retransmissions ${both(r.retransmissions)}`;
      const trouble = `out-of-order ${both(r.outOfOrder)} missing ${both(r.missingBytes)} conflicts ${r.conflictingOverlaps}`;
      return [
        `connection ${r.id} ${r.client} ${r.server} ${r.protocols.join('+')} ${r.opening}..${r.closing}`,
        `  ${counts} ${trouble}`,
        ...(r.tls === undefined ? [] : [`  TLS ${JSON.stringify({ ...r.tls, offered: undefined })}`]),
        ...(r.http2 === undefined ? [] : [`  HTTP/2 ${JSON.stringify(r.http2)}`]),
      ];
    }
    case 'exchange':
      return exchangeLines(r);
    case 'upgrade':
      return [
        `upgrade of exchange ${r.exchange}: ${r.outcome} ${r.protocol}: ${r.verdict}`,
        ...r.checks.map(({ name, ok, detail }) => `  ${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`),
      ];
    case 'frame':
      return [
        `frame ${r.id} of ${r.connection}${onStream(r)} ${arrow(r.from)} ${r.name} fin ${Number(r.fin)} rsv ${r.rsv} ` +
          `${r.headerLength}+${r.payloadLength} key ${r.maskingKey} packets ${r.firstPacket}-${r.lastPacket}${cut(r)}${data(r)}`,
      ];
    case 'message':
      return [
        `message ${r.id} of ${r.connection}${onStream(r)} ${arrow(r.from)} ${r.kind} ${r.length} (${r.wireLength} in ${r.frames})` +
          `${r.compressed ? ' compressed' : ''}${r.complete ? '' : ' incomplete'}` +
          `${r.code === undefined ? '' : ` ${r.code} ${JSON.stringify(r.reason)}`}${eventFacts(r)}${cut(r)}${data(r)}`,
      ];
    case 'diagnostic':
      return [
        `${r.severity} ${r.code} connection ${r.connection} ${r.from ?? ''} packet ${r.packet ?? '-'} offset ${r.offset ?? '-'}: ${JSON.stringify(r.message)}`,
      ];
    case 'summary':
      return [`summary ${JSON.stringify({ ...r, duration: undefined })}`];
  }
}

function exchangeLines(r: ExchangeJson): string[] {
  return [
    `exchange ${r.id} of ${r.connection}${onStream(r)} ${r.protocol} ${r.state}` +
      (r.diagnostics.length === 0 ? '' : ` [${r.diagnostics.join(' ')}]`),
    ...(r.grpc === undefined ? [] : [`  gRPC ${JSON.stringify(r.grpc)}`]),
    ...(r.request === null ? [] : requestLines(r.request)),
    ...(r.response === null ? [] : responseLines(r.response)),
  ];
}

function requestLines(r: RequestJson): string[] {
  return [`  -> ${r.method} ${JSON.stringify(r.target)} ${r.version} ${JSON.stringify(r.url)}`, ...messageLines(r)];
}

function responseLines(r: ResponseJson): string[] {
  return [
    ...r.interim.map(({ status, headers }) => `  <- ${status} interim ${JSON.stringify(headers)}`),
    `  <- ${r.status} ${JSON.stringify(r.reason)} ${r.version}`,
    ...messageLines(r),
  ];
}

function messageLines(r: MessageHeadJson): string[] {
  return [
    ...r.headers.map(([name, value]) => `     ${JSON.stringify(`${name}: ${value}`)}`),
    ...(r.trailers.length === 0 ? [] : [`     trailers ${JSON.stringify(r.trailers)}`]),
    `     head ${r.headerBytes} body ${r.bodyBytes} decoded ${r.decodedBytes} ${r.mediaType ?? '-'} ${r.encoding ?? '-'} ` +
      `packets ${r.firstPacket}-${r.lastPacket}${r.complete ? '' : ' incomplete'}` +
      `${r.missingBytes === undefined ? '' : ` missing ${r.missingBytes}`}${cut(r)}${data(r)}`,
  ];
}

const onStream = (r: { stream: number | null }): string => (r.stream === null ? '' : ` stream ${r.stream}`);

function eventFacts(r: MessageJson): string {
  if (r.kind !== 'event') return '';
  const facts = { event: r.event, id: r.eventId, retry: r.retry };
  return ` in exchange ${r.exchange} ${JSON.stringify(facts)}`;
}

const arrow = (from: 'client' | 'server'): string => (from === 'client' ? '->' : '<-');
const cut = (r: { truncated: boolean }): string => (r.truncated ? ' truncated' : '');

function data(r: { text?: string; base64?: string }): string {
  const content = r.text ?? r.base64;
  if (content === undefined || content === '') return '';
  const kind = r.text === undefined ? 'base64' : 'text';
  if (content.length <= 80) return ` ${kind} ${JSON.stringify(content)}`;
  return ` ${kind} ${content.length} sha256 ${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}
