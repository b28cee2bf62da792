/** The texts of the detail pane: what there is to say about an exchange, a message, an upgrade, a connection, a diagnostic. */
import { diagnostics, type DiagnosticCode } from '../../core/diagnostics.ts';
import type { Side } from '../../core/side.ts';
import { printable } from '../../core/printable.ts';
import { closeCodes, opcodeName } from '../../core/websocket.ts';
import { bytesText, countText, counted, dateText, spanText } from '../../insight/units.ts';
import { cellWidth, cut, left } from '../../insight/cells.ts';
import { isTelling } from '../lenses.ts';
import type { LensJson } from '../../timeline/trace-format.ts';
import type {
  ExchangeDetail,
  MessageDetail,
  PacketDetail,
  PayloadDetail,
  UpgradeDetail,
} from '../../timeline/details.ts';
import { FrameFlag } from '../../timeline/frame-table.ts';
import type { Form } from '../state.ts';
import { blank, captured, fit, line, lineWidth, span, wrap, type Line, type Span, type Style } from '../styled.ts';
import type { TextLine } from '../text-view.ts';
import { severityMark, severityStyles, statusStyle, timeText } from '../words.ts';
import type { World } from '../world.ts';
import { rankOf } from '../../timeline/diagnostic-table.ts';
import { outcomeMarks, outcomeStyles } from '../panels/upgrades.ts';
import { decodedLines, plainLines, textOf } from './body-view.ts';
import { hexLines, type PacketAt } from './hex.ts';
import { jsonLines } from './json-view.ts';
import { http2Lines, http2Totals } from './http2-facts.ts';
import { tlsLines } from './tls-facts.ts';
import { masked, WirePlaces } from './wire-places.ts';

export interface Wanted {
  readonly form: Form;
  readonly folds: ReadonlySet<string>;
  readonly width: number;
  /** Of a hex dump: the packets its bytes came in, once they have been read. */
  readonly packets?: readonly PacketDetail[] | undefined;
}

export function heading(title: string, facts: string, width: number): Line {
  const fitted = fit([span(title, 'title'), span(facts === '' ? '' : `  ${facts}`, 'dim')], width - 4);
  const rest = width - lineWidth({ spans: fitted }) - 1;
  return line(...fitted, span(' '), span('─'.repeat(Math.max(0, rest)), 'border'));
}

// --- exchanges -------------------------------------------------------------------------------------------------------

export function exchangeDocument(world: World, row: number, detail: ExchangeDetail, wanted: Wanted): TextLine[] {
  const { width } = wanted;
  return [
    ...troubles(world, row, detail, width),
    ...messagePart('Request', detail.request, `q${row}`, 0, wanted),
    ...(detail.upgrade === undefined ? [] : [heading('Upgrade', '', width), ...upgradeLines(detail.upgrade, detail, width), blank]),
    ...messagePart('Response', detail.response, `s${row}`, 1, wanted),
    ...timingPart(world, detail, width),
    heading('Connection', '', width),
    ...connectionFacts(world, world.timeline.exchanges.connection.at(row), width),
  ];
} // prettier-ignore

/** What is wrong comes first. */
function troubles(world: World, row: number, detail: ExchangeDetail, width: number): Line[] {
  const { diagnostics: table, texts } = world.timeline;
  const lines: Line[] = [];
  const said = new Set<string>();
  const id = world.timeline.exchanges.id.at(row);
  if (detail.diagnostics.length > 0 || world.timeline.exchanges.severity.at(row) > 0) {
    for (let i = 0; i < table.count && lines.length < 40; i++) {
      if (table.exchange.at(i) !== id) continue;
      said.add(table.codeOf(i));
      lines.push(...diagnosticLines(table.codeOf(i), texts.utf8(table.message.at(i)!), width));
    }
    for (const code of detail.diagnostics) if (!said.has(code)) lines.push(...diagnosticLines(code, '', width));
  }
  if (detail.state !== 'complete' && detail.state !== 'open') lines.push(line(span('! ', 'warn'), span(stateWords[detail.state])));
  return lines.length === 0 ? [] : [...lines, blank];
} // prettier-ignore

const stateWords = {
  open: 'open',
  complete: 'complete',
  'no-request': 'the request was not captured',
  'no-response': 'no response was seen',
  truncated: 'bytes of it are missing, or it was cut off',
  reset: 'the connection was reset before it was over',
} as const;

function diagnosticLines(code: DiagnosticCode, message: string, width: number): Line[] {
  const entry: { severity: 'error' | 'warning' | 'note'; title: string; reference?: string } = diagnostics[code];
  const rank = rankOf(entry.severity);
  const text = message === '' || message === entry.title ? entry.title : `${entry.title}: ${message}`;
  const reference = entry.reference === undefined ? [] : [span(`  ${entry.reference}`, 'faint')];
  const spans = [severityMark(rank), span(' '), span(code, severityStyles[rank]!), span('  '), captured(text), ...reference];
  return wrap({ spans }, width, 2);
} // prettier-ignore

function messagePart(title: string, message: MessageDetail | undefined, name: string, side: Side, wanted: Wanted): TextLine[] {
  const { width, form } = wanted;
  if (message === undefined) {
    const text = title === 'Request' ? 'was not captured' : 'none was seen';
    return [heading(title, '', width), line(span(text, 'dim')), blank];
  }
  const facts = `${packetsText(message)}, head ${bytesText(message.headBytes)}${contentFacts(message)}`;
  const lines: TextLine[] = [heading(title, facts, width)];
  if (form === 'hex' && message.version >= 20) {
    const note = line(span('its head is packed on the wire (HPACK); p shows the packets', 'dim'));
    return [...lines, note, blank, ...hexLines(message.body, 0, placesOf(message.body, side, wanted), width), blank];
  }
  if (form === 'hex') return [...lines, ...hexLines(join(message.head, message.body), 0, placesOf(join(message.head, message.body), side, wanted), width), blank];
  if (form === 'raw') {
    lines.push(...plainLines(rawHead(message), width), blank);
    const text = textOf(message.body, message.contentType ?? '', message.truncated);
    lines.push(...(text === undefined ? hexLines(message.body) : plainLines(text, width)));
  } else {
    for (const { status, headers } of message.interim) {
      lines.push(line(span(`${status} interim`, 'accent')), ...headers.flatMap((field) => fieldLines(field, width)), blank);
    }
    lines.push(...startLine(message, width));
    for (const field of message.headers) lines.push(...fieldLines(field, width));
    const body = decodedLines({ ...message, name }, wanted.folds, width);
    if (body.length > 0) lines.push(blank, ...body);
    if (message.trailers.length > 0) lines.push(blank, line(span('trailers', 'dim')));
    for (const field of message.trailers) lines.push(...fieldLines(field, width));
  }
  if (message.truncated) {
    const shown = `the first ${bytesText(message.body.length)} of ${bytesText(message.decodedBytes)} are shown`;
    lines.push(line(span(`… ${shown}`, 'dim')));
  }
  if (message.missingBytes > 0) lines.push(line(span(`░ ${counted(message.missingBytes, 'byte')} missing from the capture`, 'bad')));
  return [...lines, blank];
} // prettier-ignore

/** The head as sent, or as HTTP/1 would send it. */
function rawHead({ version, head, startLine: first, headers }: MessageDetail): string {
  if (version < 20) return Buffer.from(head).toString('latin1').trimEnd();
  return [first, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\n');
}

export function packetsText({ firstPacket, lastPacket }: { firstPacket: number; lastPacket: number }): string {
  return firstPacket === lastPacket ? `packet ${countText(firstPacket)}` : `packets ${countText(firstPacket)}–${countText(lastPacket)}`;
} // prettier-ignore

function contentFacts({ bodyBytes, decodedBytes, encoding }: MessageDetail): string {
  if (bodyBytes === 0) return '';
  const coded = encoding === undefined ? '' : `, ${printable(encoding)}`;
  const unpacked = decodedBytes === bodyBytes ? '' : ` → ${bytesText(decodedBytes)}`;
  return `, body ${bytesText(bodyBytes)}${coded}${unpacked}`;
}

function startLine({ startLine: text }: MessageDetail, width: number): Line[] {
  const response = /^HTTP\/\S+ (\d{3})/.exec(text);
  if (response !== null) {
    const at = text.indexOf(response[1]!);
    return wrap(line(captured(text.slice(0, at), 'dim'), captured(text.slice(at), statusStyle(Number(response[1])))), width, 2);
  }
  const [method = '', ...rest] = text.split(' ');
  const version = rest.length > 1 ? rest.pop()! : '';
  return wrap(line(captured(method, 'method'), span(' '), captured(rest.join(' '), 'strong'), captured(` ${version}`, 'dim')), width, 2);
} // prettier-ignore

function fieldLines([name, value]: readonly [string, string], width: number): Line[] {
  return wrap(line(captured(name, 'name'), span(': ', 'dim'), captured(value)), width, 4);
}

function timingPart({ timeline }: World, detail: ExchangeDetail, width: number): Line[] {
  const { request, response, wait, receive, total } = detail;
  const start = request ?? response;
  const lines = [heading('Timing', '', width)];
  if (start !== undefined) {
    const epoch = timeline.facts?.epoch;
    const date = epoch === undefined ? '' : `  ${dateText(epoch + BigInt(Math.round(start.time)))}`;
    lines.push(fact('began', `${timeText(start.time)} s${date}`));
  }
  const spans: [string, number | undefined][] = [
    ['send', request === undefined ? undefined : request.endTime - request.time],
    ['wait', wait],
    ['receive', receive],
    ['total', total],
  ];
  const largest = Math.max(1, total ?? 0);
  for (const [name, value] of spans) {
    if (value === undefined) continue;
    const cells = Math.max(0, Math.min(width - 26, 60));
    const bar = '━'.repeat(Math.max(value > 0 ? 1 : 0, Math.round((Math.max(0, value) / largest) * cells)));
    lines.push(line(span(left(name, 12), 'dim'), span(left(spanText(value), 12)), span(bar, 'spark')));
  }
  return [...lines, blank];
}

function fact(name: string, ...value: readonly (Span | string)[]): Line {
  return line(span(left(name, 12), 'dim'), ...value);
}

/** @param wire the bytes of the dump as they were sent */
function placesOf(wire: Uint8Array, side: Side, { packets }: Wanted): PacketAt | undefined {
  if (packets === undefined) return undefined;
  const places = new WirePlaces(packets, side);
  return (start, end) => places.packetOf(wire.subarray(start, end));
}

/** A message's data as it was sent: masked, where its frame was. Of several frames, the first one's. */
function onWire(
  { timeline: { frames: f, messages: m, conversations } }: World,
  row: number,
  data: Uint8Array,
): Uint8Array {
  let frame = conversations.at(m.conversation.at(row)).lastFrame;
  for (let steps = 0; steps < 10_000 && f.holds(frame) && f.firstPacket.at(frame) >= m.firstPacket.at(row); steps++) {
    if (f.message.at(frame) === row && (f.first.at(frame) & 0x0f) !== 0) {
      return (f.flags.at(frame) & FrameFlag.masked) === 0 ? data : masked(data, f.maskingKey.at(frame));
    }
    frame = f.previous.at(frame);
  }
  return data;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

// --- upgrades --------------------------------------------------------------------------------------------------------

/** Fields that matter to an upgrade, in the order they are shown. */
const upgradeFields = [
  'Host', 'Origin', 'Upgrade', 'Connection', 'Sec-WebSocket-Version', 'Sec-WebSocket-Key', 'Sec-WebSocket-Accept',
  'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions', 'HTTP2-Settings',
]; // prettier-ignore

export function upgradeDocument(detail: ExchangeDetail, wanted: Wanted): TextLine[] {
  if (detail.upgrade === undefined) return [line(span('this request asks for no upgrade', 'dim'))];
  return upgradeLines(detail.upgrade, detail, wanted.width, true);
}

function upgradeLines(upgrade: UpgradeDetail, detail: ExchangeDetail, width: number, fields = false): Line[] {
  const { outcome, verdict } = upgrade;
  const mark = span(`${outcomeMarks[outcome]} `, outcomeStyles[outcome]);
  const lines: Line[] = wrap(line(mark, captured(verdict, outcomeStyles[outcome])), width, 2);
  const body = detail.response?.body;
  if (fields && outcome === 'refused' && body !== undefined && body.length > 0) {
    const says = decodedLines({ ...detail.response!, name: 'refusal' }, new Set(), width - 2).slice(0, 12);
    lines.push(blank, line(span('the response says', 'dim')), ...says.map((each) => line('  ', ...each.spans)));
  }
  if (fields) lines.push(blank, ...sideBySide(detail, width));
  lines.push(blank);
  const name = Math.max(...upgrade.checks.map((check) => cellWidth(check.name)), 4);
  for (const check of upgrade.checks) {
    const sign = check.ok ? span('✓ ', 'good') : span('✗ ', 'bad');
    const what = span(left(printable(check.name), name + 2), check.ok ? 'text' : 'bad');
    lines.push(...wrap(line(sign, what, captured(check.detail, check.ok ? 'dim' : 'text'), span(`  ${check.reference}`, 'faint')), width, name + 4));
  }
  const { accept, expectedAccept } = upgrade;
  if (expectedAccept !== undefined) {
    const same = accept === expectedAccept;
    lines.push(blank, fact('accept', captured(accept ?? 'not given', accept === undefined ? 'dim' : same ? 'good' : 'bad')));
    lines.push(fact('expected', captured(expectedAccept, 'dim')));
  }
  if (upgrade.offeredSubprotocols.length > 0) {
    const offered = upgrade.offeredSubprotocols.join(', ');
    lines.push(fact('subprotocol', captured(upgrade.subprotocol ?? 'none chosen'), captured(`  offered: ${offered}`, 'dim')));
  }
  return lines;
} // prettier-ignore

/** Request and response next to one another, field by field. */
function sideBySide({ request, response }: ExchangeDetail, width: number): Line[] {
  const value = (of: MessageDetail | undefined, field: string): string =>
    of?.headers.filter(([key]) => key.toLowerCase() === field.toLowerCase()).map(([, text]) => text).join(', ') ?? '';
  const rows = [
    ['start line', request?.startLine ?? '–', response?.startLine ?? 'no response'] as const,
    ...upgradeFields.map((field) => [field, value(request, field), value(response, field)] as const).filter(([, a, b]) => a !== '' || b !== ''),
  ];
  const name = 'Sec-WebSocket-Extensions'.length + 1;
  // The request's side takes no more than it needs, so that the answer's key is not cut.
  const room = width - name - 2;
  const longest = (side: 1 | 2): number => Math.max(...rows.map((row) => cellWidth(printable(row[side]))));
  const half = Math.max(Math.min(longest(1), Math.floor(room / 2)), Math.min(longest(1), room - longest(2)), 8);
  const row = (label: string, a: string, b: string, style: Style = 'text'): Line =>
    line(span(left(label, name), 'name'), captured(left(printable(a), half), style), span('  '), captured(cut(printable(b), room - half), style));
  return [row('', 'request', 'response', 'dim'), ...rows.map(([label, a, b]) => row(label, a, b))];
} // prettier-ignore

// --- WebSocket -------------------------------------------------------------------------------------------------------

/** A frame, and the message it is part of. */
export function frameDocument(world: World, row: number, detail: PayloadDetail | null | undefined, wanted: Wanted): TextLine[] {
  const { frames: f } = world.timeline;
  const { width } = wanted;
  const first = f.first.at(row);
  const opcode = first & 0x0f;
  const masked = (f.flags.at(row) & FrameFlag.masked) !== 0;
  const bits = [[0x80, 'FIN'], [0x40, 'RSV1'], [0x20, 'RSV2'], [0x10, 'RSV3']] as const;
  const set = bits.filter(([bit]) => (first & bit) !== 0).map(([, name]) => name).join(' ') || 'none';
  const key = (f.maskingKey.at(row) >>> 0).toString(16).padStart(8, '0');
  const side = (f.flags.at(row) & FrameFlag.server) === 0 ? span('▲ client', 'client') : span('▼ server', 'server');
  const part = (name: string, value: string): Span[] => [span(`  ${name} `, 'dim'), span(value)];
  const lines: TextLine[] = [
    heading(`Frame ${f.id.at(row)}`, packetsText({ firstPacket: f.firstPacket.at(row), lastPacket: f.lastPacket.at(row) }), width),
    ...wrap(
      line(
        side,
        span(`  0x${opcode.toString(16)} ${opcodeName(opcode)}  ${set}`),
        ...part('mask', masked ? key : 'none'),
        ...part('header', `${f.headerLength.at(row)} B`),
        ...part('payload', bytesText(f.length.at(row))),
      ),
      width,
      9,
    ),
  ];
  if ((f.flags.at(row) & FrameFlag.complete) === 0) lines.push(line(span('bytes of it are missing', 'bad')));
  lines.push(blank);
  const message = f.message.at(row);
  return [...lines, ...(message < 0 ? [line(span('its message was not seen whole', 'dim'))] : messageDocument(world, message, detail, wanted))];
} // prettier-ignore

export function messageDocument(
  world: World,
  row: number,
  detail: PayloadDetail | null | undefined,
  wanted: Wanted,
): TextLine[] {
  const { messages: m } = world.timeline;
  const { width, form } = wanted;
  const compressed = (m.flags.at(row) & FrameFlag.compressed) !== 0;
  const size = compressed ? `${bytesText(m.wireLength.at(row))} deflated → ${bytesText(m.length.at(row))}` : bytesText(m.length.at(row));
  const facts = `${counted(m.frames.at(row), 'frame')}, ${size}, ${packetsText({ firstPacket: m.firstPacket.at(row), lastPacket: m.lastPacket.at(row) })}`;
  const lines: TextLine[] = [heading(`Message ${m.ordinal.at(row)}`, facts, width)];
  if (detail === undefined) return [...lines, line(span('reading …', 'dim'))];
  if (detail === null) return [...lines, line(span('its bytes are not kept any more', 'dim'))];
  if (detail.lens !== undefined && isTelling(detail.lens)) lines.push(...lensLines(detail.lens, width));
  if (detail.what === 'close') lines.push(...closeLines(detail, width));
  else if (detail.body.length === 0) lines.push(line(span('empty', 'dim')));
  else if (form === 'hex') lines.push(...hexLines(detail.body, 0, placesOf(onWire(world, row, detail.body), detail.side, wanted), width));
  else if (form === 'raw') {
    const text = textOf(detail.body, '', detail.truncated);
    lines.push(...(text === undefined ? hexLines(detail.body) : plainLines(text, width)));
  } else {
    const contentType = detail.what === 'binary' ? 'application/octet-stream' : '';
    const carried = carriedLines(detail, `l${row}`, wanted.folds);
    lines.push(...(carried ?? decodedLines({ body: detail.body, truncated: detail.truncated, contentType, name: `m${row}` }, wanted.folds, width)));
  }
  if (detail.truncated) lines.push(line(span(`… the first ${bytesText(detail.body.length)} are shown`, 'dim')));
  return lines;
} // prettier-ignore

/** What a message is to its subprotocol, in a line. */
function lensLines({ name, label, id, role }: LensJson, width: number): Line[] {
  const tied = id === undefined ? '' : `  ${role ?? 'id'} ${id}`;
  return [...wrap(line(span(`${printable(name)}  `, 'dim'), captured(label, 'accent'), captured(tied, 'dim')), width, 2), blank];
} // prettier-ignore

/** What a subprotocol's message carries, as JSON; undefined where the text says it all. */
function carriedLines({ lens }: PayloadDetail, name: string, folds: ReadonlySet<string>): TextLine[] | undefined {
  if (lens?.body === undefined) return undefined;
  const plain = (_key: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  };
  const text = JSON.stringify(lens.body, plain) as string | undefined;
  return text === undefined ? undefined : jsonLines(text, name, folds);
}

function closeLines({ code, reason, side }: PayloadDetail, width: number): Line[] {
  const who = side === 0 ? 'the client' : 'the server';
  if (code < 0) return [line(span(`${who} closes without saying why`, 'text'))];
  const known = closeCodes.get(code);
  const lines = wrap(line(span(`${code} `, 'warn'), span(known?.name ?? 'a code nobody has registered'), span(known === undefined ? '' : `: ${known.meaning}`, 'dim')), width, 2);
  if (reason !== undefined && reason !== '') lines.push(fact('reason', captured(reason)));
  return lines;
} // prettier-ignore

/** How a conversation came about and how it ended. */
export function talkDocument(world: World, index: number, wanted: Wanted): TextLine[] {
  const { width } = wanted;
  const talk = world.timeline.conversations.get(index);
  if (talk === undefined) return [];
  const { messages: m } = world.timeline;
  const lines: TextLine[] = [
    heading(talk.kind === 'events' ? 'Server-sent events' : 'Conversation', `connection ${talk.connection}`, width),
    fact('frames', countText(talk.frames)),
    fact('messages', `${countText(talk.sent[0])} sent, ${countText(talk.sent[1])} received`),
    fact('bytes', `${bytesText(talk.bytes[0])} sent, ${bytesText(talk.bytes[1])} received${talk.compressed ? ' (compressed)' : ''}`),
    blank,
  ];
  if (talk.kind === 'events') {
    return [...lines.filter((_, i) => i !== 1), heading('Connection', '', width), ...connectionFacts(world, talk.connection, width)];
  }
  lines.push(heading('Close handshake', '', width));
  const closes = ([0, 1] as const).filter((side) => talk.close[side] >= 0).toSorted((a, b) => talk.close[a] - talk.close[b]);
  for (const side of closes) {
    const row = talk.close[side];
    const code = m.code.at(row);
    const who = side === 0 ? span('▲ client', 'client') : span('▼ server', 'server');
    const known = closeCodes.get(code);
    lines.push(line(span(left(timeText(m.time.at(row)), 10), 'dim'), who, span(code < 0 ? '  no code' : `  ${code} ${known?.name ?? ''}`)));
  }
  if (closes.length === 0) lines.push(line(span('neither side sent a close frame', 'warn')));
  else if (closes.length === 1) lines.push(line(span('the other side did not answer', 'warn')));
  return [...lines, blank, heading('Connection', '', width), ...connectionFacts(world, talk.connection, width)];
} // prettier-ignore

// --- connections -----------------------------------------------------------------------------------------------------

/** Rows looked at for a connection's exchanges: of those that have left there is no telling. */
const mostLookedAt = 200_000;

export function connectionDocument(world: World, id: number, { width }: Wanted): TextLine[] {
  const { exchanges: x, texts, connections } = world.timeline;
  const lines: TextLine[] = [heading(`Connection ${id}`, '', width), ...connectionFacts(world, id, width)];
  const http2 = connections.http2(id);
  if (http2 !== undefined) {
    lines.push(blank, heading('HTTP/2', http2Totals(http2), width));
    lines.push(...http2Lines(http2, fact, width).map((each) => ({ spans: fit(each.spans, width) })));
  }
  const rows: number[] = [];
  const most = Math.min(200, connections.exchanges.at(id));
  const last = connections.lastExchange.at(id);
  for (let row = last; row > last - mostLookedAt && row >= 0 && rows.length < most; row--) {
    if (x.connection.at(row) === id && x.holds(row)) rows.push(row);
  }
  if (rows.length > 0) lines.push(blank, heading('Exchanges', counted(connections.exchanges.at(id), 'exchange'), width));
  for (const row of rows.toReversed()) {
    const status = x.status.at(row);
    lines.push(
      line(
        span(left(timeText(x.time.at(row)), 10), 'dim'),
        span(status === 0 ? '  –  ' : `${status}  `, statusStyle(status)),
        captured(texts.latin1(x.method.at(row)), 'method'),
        captured(' ' + texts.latin1(x.target.at(row))),
      ),
    );
  }
  return lines;
} // prettier-ignore

function connectionFacts(world: World, id: number, width: number): Line[] {
  const { connections } = world.timeline;
  connections.refresh(id);
  const record = world.records.connection(id);
  const { table } = connections;
  const tls = connections.tls(id);
  const pair = (of: (side: 0 | 1) => number, text: (value: number) => string = countText): Line['spans'] => [
    span(left(`▲ ${text(of(0))}`, 14), 'client'),
    span(`▼ ${text(of(1))}`, 'server'),
  ];
  const at = connections.at(id);
  const rtt = table.handshakeRtt[at]!;
  const began = record.opening === 'midstream' ? 'before the capture' : `${timeText(table.openedAt[at]!)} s`;
  const ends = { fin: 'closed by both sides', reset: 'reset', open: world.reading.done ? 'still open at the end' : 'open' };
  const lines: Line[] = [
    fact('client', span(record.client)),
    fact('server', span(record.server)),
    fact('protocols', ['tcp', ...record.protocols].join(' ')),
    fact('opened', began, span(`  ${ends[record.closing]} after ${spanText(Math.max(0, table.lastAt[at]! - table.openedAt[at]!))}`, 'dim')),
    ...(tls === undefined ? [] : tlsLines(tls, fact, width)),
    fact('round trip', rtt < 0 ? span('handshake not seen', 'dim') : span(spanText(rtt))),
    fact('packets', ...pair((side) => record.packets(side))),
    fact('bytes', ...pair((side) => record.bytes(side), bytesText)),
  ];
  const trouble: [string, (side: 0 | 1) => number, ((value: number) => string)?][] = [
    ['retransmits', (side) => record.retransmissions(side)],
    ['reordered', (side) => record.outOfOrder(side)],
    ['missing', (side) => record.missingBytes(side), bytesText],
  ];
  for (const [name, of, text] of trouble) {
    if (of(0) + of(1) > 0) lines.push(line(span(left(name, 12), 'warn'), ...pair(of, text)));
  }
  return lines.map((each) => ({ spans: fit(each.spans, width) }));
} // prettier-ignore

// --- diagnostics -----------------------------------------------------------------------------------------------------

export function diagnosticDocument(world: World, row: number, { width }: Wanted): TextLine[] {
  const record = world.records.diagnostic(row);
  const entry: { title: string; reference?: string } = diagnostics[record.code];
  const rank = rankOf(record.severity);
  const lines: TextLine[] = [
    line(severityMark(rank), span(` ${record.severity}  `, severityStyles[rank]!), span(record.code, 'name')),
    blank,
    ...wrap(line(captured(entry.title)), width),
  ];
  if (record.message !== entry.title) lines.push(...wrap(line(captured(record.message, 'strong')), width));
  lines.push(blank);
  if (entry.reference !== undefined) lines.push(fact('rule', span(entry.reference)));
  if (record.packet > 0) lines.push(fact('packet', countText(record.packet), span(`  ${timeText(record.time)} s`, 'dim')));
  if (record.side >= 0) lines.push(fact('from', record.side === 0 ? span('▲ client', 'client') : span('▼ server', 'server')));
  if (record.offset >= 0) lines.push(fact('offset', countText(record.offset)));
  if (record.exchange > 0) {
    const { exchanges: x, texts } = world.timeline;
    const at = x.rowOf(record.exchange);
    const what = `${texts.latin1(x.method.at(at))} ${texts.latin1(x.target.at(at))}`;
    lines.push(fact('exchange', captured(what), span('  enter goes there', 'faint')));
  }
  if (record.connection >= 0) {
    lines.push(blank, heading('Connection', `number ${record.connection}`, width), ...connectionFacts(world, record.connection, width));
  }
  return lines;
} // prettier-ignore

// --- packets ---------------------------------------------------------------------------------------------------------

export function packetsDocument(packets: readonly PacketDetail[] | null | undefined, width: number): TextLine[] {
  if (packets === undefined) return [line(span('reading its packets …', 'dim'))];
  if (packets === null || packets.length === 0) {
    return [line(span('the packets are not to be had: only a capture file can be read again', 'dim'))];
  }
  return packets.flatMap((each) => {
    const way = each.side === 0 ? span('▲ ', 'client') : span('▼ ', 'server');
    const payload = each.end - each.payload;
    const cutShort = each.wireLength > each.data.length ? `, ${each.wireLength - each.data.length} not captured` : '';
    const facts = `${timeText(each.time)} s, ${each.wireLength} bytes, TCP payload ${payload}${cutShort}`;
    const title = heading(`Packet ${countText(each.packet)}`, facts, width - 2);
    return [{ spans: [way, ...title.spans] }, ...hexLines(each.data, each.payload), blank];
  });
}
