/** Numbers: status codes, latency, endpoints, throughput, hosts, frames. Columns of blocks where there is room. */
import { bar } from '../../insight/bars.ts';
import { left, right } from '../../insight/cells.ts';
import { bytesText, countText, counted, shareText, spanText } from '../../insight/units.ts';
import { printable } from '../../core/printable.ts';
import { opcodeName } from '../../core/websocket.ts';
import { heading } from '../detail/documents.ts';
import type { Charts, Series } from '../screen.ts';
import { blank, captured, fit, line, lineWidth, span, spaces, type Line, type Style } from '../styled.ts';
import type { Throughput } from '../statistics.ts';
import { statusStyle } from '../words.ts';
import type { World } from '../world.ts';

const statusNames: Readonly<Record<number, string>> = {
  101: 'Switching Protocols', 103: 'Early Hints', 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content',
  206: 'Partial Content', 301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 304: 'Not Modified',
  307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden',
  404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable', 408: 'Request Timeout', 409: 'Conflict',
  410: 'Gone', 411: 'Length Required', 412: 'Precondition Failed', 413: 'Content Too Large', 414: 'URI Too Long',
  415: 'Unsupported Media Type', 416: 'Range Not Satisfiable', 417: 'Expectation Failed', 418: "I'm a teapot",
  421: 'Misdirected Request', 422: 'Unprocessable Content', 426: 'Upgrade Required', 429: 'Too Many Requests',
  431: 'Header Fields Too Large', 500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway',
  503: 'Service Unavailable', 504: 'Gateway Timeout', 505: 'Version Not Supported',
}; // prettier-ignore

type Block = (world: World, width: number) => Line[];

/** @param charts undefined while they are being loaded */
export function statisticsLines(world: World, charts: Charts | undefined, width: number): Line[] {
  const inner = width - 2;
  const chart: Block = (_world, cells) => throughputBlock(world, charts, cells);
  const classes: Block = (_world, cells) => classBlock(world, charts, cells);
  if (inner >= 150) {
    return columns(world, inner, [
      [classes, statusBlock, methodBlock],
      [latencyBlock, slowestBlock, endpointBlock],
      [chart, hostBlock, opcodeBlock, typeBlock],
    ]);
  }
  if (inner >= 100) {
    return columns(world, inner, [
      [statusBlock, classes, methodBlock, opcodeBlock],
      [latencyBlock, slowestBlock, chart, hostBlock, endpointBlock],
    ]);
  }
  return columns(world, inner, [[statusBlock, latencyBlock, slowestBlock, chart, classes, methodBlock, endpointBlock, hostBlock, opcodeBlock]]);
} // prettier-ignore

function columns(world: World, width: number, blocks: readonly (readonly Block[])[]): Line[] {
  const gap = 3;
  const own = Math.floor((width - gap * (blocks.length - 1)) / blocks.length);
  const made = blocks.map((column) =>
    column.flatMap((block) => {
      const lines = block(world, own);
      return lines.length === 0 ? [] : [...lines, blank];
    }),
  );
  const height = Math.max(...made.map((column) => column.length));
  return Array.from({ length: height }, (_, y) => {
    const spans = made.flatMap((column, i) => {
      const cells = fit(column[y]?.spans ?? [], own);
      return i === made.length - 1 ? cells : [...cells, span(spaces(own - lineWidth({ spans: cells }) + gap))];
    });
    return { spans };
  });
}

// --- status codes ----------------------------------------------------------------------------------------------------

function statusBlock({ statistics: { statuses, unanswered, counted: all } }: World, width: number): Line[] {
  const lines = [heading('Status codes', counted(all, 'exchange'), width)];
  const largest = Math.max(unanswered, ...statuses);
  const name = width >= 50 ? 23 : 0;
  const cells = Math.max(6, width - name - 17);
  const row = (label: string, text: string, count: number, style: Style): Line =>
    line(
      span(left(label, 4), style),
      span(name === 0 ? '' : left(text, name), 'dim'),
      span(right(countText(count), 8) + ' '),
      span(bar(count, largest, cells), style),
    );
  statuses.forEach((count, status) => {
    if (count > 0) lines.push(row(String(status).padStart(3, '0'), statusNames[status] ?? '', count, statusStyle(status)));
  });
  if (unanswered > 0) lines.push(row('–', 'no response', unanswered, 'dim'));
  return lines;
} // prettier-ignore

function classBlock({ statistics: { statuses } }: World, charts: Charts | undefined, width: number): Line[] {
  const bars = [1, 2, 3, 4, 5]
    .map((hundreds) => ({
      title: `${hundreds}xx`,
      value: statuses.subarray(hundreds * 100, hundreds * 100 + 100).reduce((sum, count) => sum + count, 0),
      style: statusStyle(hundreds * 100),
    }))
    .filter(({ value }) => value > 0);
  if (charts === undefined || bars.length === 0) return [];
  return [heading('By class', '', width), ...charts.bars(bars, width, 10)];
}

// --- latency ---------------------------------------------------------------------------------------------------------

const shares = [0.5, 0.9, 0.95, 0.99, 1];

function latencyBlock({ statistics: { wait, total } }: World, width: number): Line[] {
  if (total.count === 0) return [];
  const titles = ['median', '90%', '95%', '99%', 'slowest'];
  const cell = Math.max(9, Math.min(11, Math.floor((width - 8) / 5)));
  const row = (name: string, of: typeof wait): Line =>
    line(span(left(name, 8), 'dim'), ...shares.map((share, i) => span(right(spanText(of.percentile(share)), cell), i === 4 ? 'warn' : 'text')));
  return [
    heading('Latency', counted(total.count, 'response'), width),
    line(span(spaces(8) + titles.map((title) => right(title, cell)).join(''), 'dim')),
    row('wait', wait),
    row('total', total),
  ];
} // prettier-ignore

function slowestBlock({ statistics: { slowest } }: World, width: number): Line[] {
  if (slowest.length === 0) return [];
  const longest = slowest[0]!.total;
  const room = width - 34;
  return [
    heading('Slowest exchanges', '', width),
    ...slowest.slice(0, 8).map(({ total, status, what }) => {
      return line(
        span(right(spanText(total), 9) + '  '),
        span(`${status} `, statusStyle(status)),
        span(left(printable(what), room) + ' '),
        span(bar(total, longest, 16), 'warn'),
      );
    }),
  ];
}

function endpointBlock({ statistics: { endpoints } }: World, width: number): Line[] {
  if (endpoints.size === 0) return [];
  const top = [...endpoints.values()].toSorted((a, b) => b.latency.count - a.latency.count).slice(0, 12);
  const room = Math.max(10, width - 41);
  const cells = (texts: readonly string[]): string => texts.map((text, i) => right(text, i === 0 ? 7 : i === 1 ? 5 : 9)).join('');
  return [
    heading('Endpoints', `${countText(endpoints.size)}`, width),
    line(span(left('', room + 2) + cells(['count', 'err', 'median', '95%', 'slowest']), 'dim')),
    ...top.map(({ name, latency, errors }) =>
      line(
        captured(left(printable(name), room + 2)),
        span(right(countText(latency.count), 7)),
        span(right(errors === 0 ? '·' : countText(errors), 5), errors === 0 ? 'faint' : 'bad'),
        ...[0.5, 0.95, 1].map((share) => span(right(spanText(latency.percentile(share)), 9), 'dim')),
      ),
    ),
  ];
} // prettier-ignore

// --- traffic ---------------------------------------------------------------------------------------------------------

const seriesStyles: Readonly<Record<keyof Throughput['series'], readonly [string, Style]>> = {
  requests: ['HTTP ▲', 'client'],
  responses: ['HTTP ▼', 'server'],
  webSocketOut: ['WS ▲', 'method'],
  webSocketIn: ['WS ▼', 'warn'],
};

/** Bytes a second; every point is the sum of the buckets it stands for. */
function throughputBlock({ statistics: { throughput } }: World, charts: Charts | undefined, width: number): Line[] {
  const { count, width: bucket } = throughput;
  if (charts === undefined || count === 0) return [];
  const points = Math.max(2, Math.min(count, width - 8, 120));
  const per = count / points;
  const series: (Series & { total: number })[] = [];
  for (const [name, values] of Object.entries(throughput.series) as [keyof Throughput['series'], Float64Array][]) {
    const total = values.reduce((sum, value) => sum + value, 0);
    if (total === 0) continue;
    const [title, style] = seriesStyles[name];
    series.push({ title, style, total, values: Array.from({ length: points }, (_, i) => rate(values, i * per, per, bucket)) });
  }
  const seconds = (bucket * per) / 1e9;
  const labels = Array.from({ length: points }, (_, i) => axisLabel(i * seconds));
  const whole = series.flatMap(({ title, style, total }) => [span('━ ', style), span(`${title} `), span(`${bytesText(total)}  `, 'dim')]);
  const legend = lineWidth({ spans: whole }) <= width ? whole : series.flatMap(({ title, style }) => [span('━ ', style), span(`${title}   `)]);
  const most = Math.max(...series.flatMap(({ values }) => values));
  const [unit, size] = most >= 2e6 ? (['MB', 1e6] as const) : most >= 2e3 ? (['kB', 1e3] as const) : (['B', 1] as const);
  const scaled = series.map((each) => ({ ...each, values: each.values.map((value) => value / size) }));
  return [heading('Throughput', `${unit}/s`, width), { spans: legend }, ...charts.curves(scaled, labels, width, 11)];
} // prettier-ignore

function rate(values: Float64Array, from: number, per: number, bucket: number): number {
  let sum = 0;
  const start = Math.floor(from);
  const end = Math.max(start + 1, Math.floor(from + per));
  for (let i = start; i < end; i++) sum += values[i] ?? 0;
  return (sum / ((end - start) * bucket)) * 1e9;
}

function axisLabel(seconds: number): string {
  return seconds >= 60
    ? `${Math.round(seconds / 60)}m`
    : seconds >= 10
      ? `${Math.round(seconds)}s`
      : `${seconds.toFixed(1)}s`;
}

function methodBlock({ statistics: { methods, counted: all } }: World, width: number): Line[] {
  const top = methods.top(9);
  if (top.length === 0) return [];
  const largest = top[0]!.count;
  return [
    heading('Methods', '', width),
    ...top.map(({ name, count }) =>
      line(
        captured(left(printable(name), 12), 'method'),
        span(right(countText(count), 9)),
        span(right(shareText(count, all), 6) + ' ', 'dim'),
        span(bar(count, largest, Math.max(4, width - 29)), 'method'),
      ),
    ),
  ];
}

function hostBlock({ statistics: { hosts } }: World, width: number): Line[] {
  const top = hosts.top(8).toSorted((a, b) => b.bytes - a.bytes);
  return countBlock('Hosts', top, width);
}

function typeBlock({ statistics: { types } }: World, width: number): Line[] {
  return countBlock('Content types', types.top(8), width);
}

function countBlock(title: string, top: readonly { name: string; count: number; bytes: number }[], width: number): Line[] {
  if (top.length === 0) return [];
  const largest = Math.max(...top.map(({ bytes }) => bytes));
  const room = Math.max(12, Math.min(34, width - 34));
  return [
    heading(title, '', width),
    ...top.map(({ name, count, bytes }) =>
      line(
        span(left(printable(name), room)),
        span(right(countText(count), 8), 'dim'),
        span(right(bytesText(bytes), 9) + ' '),
        span(bar(bytes, largest, Math.max(4, width - room - 19)), 'spark'),
      ),
    ),
  ];
} // prettier-ignore

function opcodeBlock({ statistics: { opcodes } }: World, width: number): Line[] {
  const used = opcodes.map((each, opcode) => ({ ...each, opcode })).filter(({ count }) => count[0]! + count[1]! > 0);
  if (used.length === 0) return [];
  const cell = (count: number, bytes: number): string => right(countText(count), 8) + right(count === 0 ? '' : bytesText(bytes), 9);
  return [
    heading('WebSocket frames', '', width),
    line(span(left('', 14), 'dim'), span(right('▲ sent', 17), 'client'), span(right('▼ received', 17), 'server')),
    ...used.map(({ opcode, count, bytes }) =>
      line(span(left(opcodeName(opcode), 14)), span(cell(count[0]!, bytes[0]!), 'dim'), span(cell(count[1]!, bytes[1]!), 'dim')),
    ),
  ];
} // prettier-ignore
