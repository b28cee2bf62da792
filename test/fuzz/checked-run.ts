/** Runs a capture through the whole pipe and holds the output to everything that is true of any output. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { analyzeTo } from '../../src/cli/analyze.ts';
import { CaptureError } from '../../src/core/errors.ts';
import { JsonlExporter } from '../../src/export/jsonl.ts';
import type { Output } from '../../src/export/output.ts';
import type { RecordJson, SummaryJson } from '../../src/timeline/trace-format.ts';

const schemaFile = new URL('../../src/export/wirescope.schema.json', import.meta.url);
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const valid = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object);

/** No record comes of nothing: records per byte of input, generously. */
const recordsPerByte = 2;
/** Generous: a capture of this size takes milliseconds. */
const longestMs = 20_000;

/** @returns the summary; undefined where the file is said to be no capture. @throws whatever is wrong */
export async function checkedRun(path: string, size: number): Promise<SummaryJson | undefined> {
  const started = performance.now();
  const output = new Lines(recordsPerByte * size + 1000);
  try {
    await analyzeTo(path, [new JsonlExporter(output, '0', 2048)], { maxBody: 2048 });
  } catch (error) {
    if (error instanceof CaptureError && output.records().every(isOfTheFile)) return undefined;
    throw error;
  }
  const took = performance.now() - started;
  if (took > longestMs) throw new Error(`it took ${Math.round(took)} ms`);
  return checkRecords(output.records());
}

/** Damage may be told before it turns out that no packet can be read. */
function isOfTheFile({ type }: RecordJson): boolean {
  return type === 'capture' || type === 'diagnostic';
}

function checkRecords(records: readonly RecordJson[]): SummaryJson {
  for (const record of records) {
    if (!valid(record)) throw new Error(`${JSON.stringify(valid.errors)} in ${JSON.stringify(record)}`);
  }
  const of = <T extends RecordJson['type']>(type: T): Extract<RecordJson, { type: T }>[] =>
    records.filter((record): record is Extract<RecordJson, { type: T }> => record.type === type);
  const summary = records.at(-1);
  if (records[0]?.type !== 'capture' || of('capture').length !== 1) throw new Error('not one capture record at first');
  if (summary?.type !== 'summary' || of('summary').length !== 1) throw new Error('not one summary record at last');
  for (const [name, type] of counted) same(name, summary[name], of(type).length);
  const connections = new Set(of('connection').map(({ id }) => id));
  same('different connection ids', connections.size, summary.connections);
  for (const type of ['exchange', 'frame', 'message'] as const) {
    same(`different ${type} ids`, new Set(of(type).map(({ id }) => id)).size, of(type).length);
    for (const { connection } of of(type))
      if (!connections.has(connection)) throw new Error(`no connection ${connection}`);
  }
  const exchanges = new Set(of('exchange').map(({ id }) => id));
  for (const { exchange } of of('upgrade')) if (!exchanges.has(exchange)) throw new Error(`no exchange ${exchange}`);
  // Packets that cannot be decoded are numbered, not counted.
  const whole = of('diagnostic').every(({ code }) => !code.startsWith('capture.'));
  for (const { firstPacket, lastPacket } of [...of('frame'), ...of('message')]) {
    if (firstPacket < 1 || (whole && lastPacket > summary.packets))
      throw new Error(`packets ${firstPacket}-${lastPacket}`);
  }
  const packets = of('connection').reduce((sum, r) => sum + r.packets.client + r.packets.server, 0);
  if (packets > summary.packets) throw new Error(`${packets} packets in connections, ${summary.packets} in all`);
  return summary;
}

const counted = [
  ['connections', 'connection'],
  ['exchanges', 'exchange'],
  ['upgrades', 'upgrade'],
  ['frames', 'frame'],
  ['messages', 'message'],
] as const;

function same(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: ${found}, expected ${expected}`);
}

/** Gathers lines, up to a number of them: a decoder that loops is stopped here. */
class Lines implements Output {
  private count = 0;
  private readonly limit: number;
  private readonly chunks: Uint8Array[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  write(data: Uint8Array, start: number, end: number): void {
    const chunk = data.slice(start, end);
    for (const octet of chunk) if (octet === 0x0a) this.count++;
    if (this.count > this.limit) throw new Error(`more than ${this.limit} records`);
    this.chunks.push(chunk);
  }

  end(): void {}

  records(): RecordJson[] {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(this.chunks));
    return text.split('\n').slice(0, -1).map(parsed);
  }
}

function parsed(line: string): RecordJson {
  try {
    return JSON.parse(line) as RecordJson;
  } catch (error) {
    throw new Error(`${String(error)} in ${line}`, { cause: error });
  }
}
