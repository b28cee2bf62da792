/** The captures of HTTP/2 against tshark, where it is installed: every field of every section, in order, and all content. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../../src/index.ts';
import type { ExchangeJson } from '../../../src/timeline/trace-format.ts';

const captures = fileURLToPath(new URL('../../../captures/', import.meta.url));
const installed = spawnSync('tshark', ['--version']).error === undefined;

/** Field lines by stream and sender, in the order they were sent. */
type Sections = Map<string, string[]>;

interface Layer {
  'http2.stream'?: Stream | Stream[];
}
interface Stream {
  'http2.streamid'?: string;
  [field: string]: unknown;
}
interface Packet {
  _source: { layers: { tcp?: { 'tcp.srcport': string; 'tcp.stream': string }; http2?: Layer | Layer[] } };
}

function tsharkSections(path: string): Sections {
  const decodeAs = ['-d', 'tcp.port==8080,http2'];
  const run = spawnSync('tshark', ['-n', '-r', path, ...decodeAs, '-Y', 'http2', '-T', 'json', '--no-duplicate-keys'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const sections: Sections = new Map();
  for (const { _source } of JSON.parse(run.stdout) as Packet[]) {
    const { tcp, http2 } = _source.layers;
    for (const layer of listOf(http2)) {
      for (const stream of listOf(layer['http2.stream'])) {
        const promised = stream['http2.push_promise.promised_stream_id'] as string | undefined;
        const from = tcp!['tcp.srcport'] === '8080' ? 'server' : 'client';
        const lines = listOf(stream['http2.header'] as HeaderField | HeaderField[] | undefined).map(fieldLine);
        if (lines.length > 0)
          add(sections, `${tcp!['tcp.stream']} ${promised ?? stream['http2.streamid']} ${from}`, lines);
      }
    }
  }
  return sections;
}

interface HeaderField {
  'http2.header.name': string;
  'http2.header.value': string;
}

const fieldLine = (field: HeaderField): string =>
  `${field['http2.header.name']}: ${field['http2.header.value']}`.trim();

function listOf<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function add(sections: Sections, key: string, lines: readonly string[]): void {
  sections.set(key, [...(sections.get(key) ?? []), ...lines]);
}

function ownSections(exchanges: readonly ExchangeJson[]): Sections {
  const sections: Sections = new Map();
  const lines = (fields: readonly [string, string][]): string[] =>
    fields.map(([name, value]) => `${name}: ${value}`.trim());
  for (const { connection, stream, request, response, diagnostics } of exchanges) {
    const place = `${connection} ${stream}`;
    const pushed = diagnostics.includes('http2.pushed');
    if (request !== null)
      add(sections, `${place} ${pushed ? 'server' : 'client'}`, lines([...request.headers, ...request.trailers]));
    for (const { headers } of response?.interim ?? []) add(sections, `${place} server`, lines(headers));
    if (response !== null) add(sections, `${place} server`, lines([...response.headers, ...response.trailers]));
  }
  return sections;
}

describe.skipIf(!installed)('tshark (skipped where it is not installed)', () => {
  test.each(['http2-streams.pcap', 'grpc.pcap', 'http2-websocket.pcap'])('%s', { timeout: 60_000 }, async (name) => {
    const exchanges: ExchangeJson[] = [];
    for await (const record of analyze(captures + name)) if (record.type === 'exchange') exchanges.push(record);
    const expected = tsharkSections(captures + name);
    expect(expected.size).toBeGreaterThan(4);
    expect(Object.fromEntries(ownSections(exchanges))).toEqual(Object.fromEntries(expected));
  });
});
