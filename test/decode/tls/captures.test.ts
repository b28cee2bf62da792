/** The project's TLS captures: the right reason on each that is broken, and tshark's rows under the same key log. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { analyze } from '../../../src/index.ts';
import type { ConnectionJson, RecordJson } from '../../../src/timeline/trace-format.ts';
import { tsharkIsThere } from '../../support/tshark-rows.ts';

const folder = fileURLToPath(new URL('../../../captures/', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'wirescope-tls-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function records(name: string, keys: readonly string[] = []): Promise<RecordJson[]> {
  const list: RecordJson[] = [];
  for await (const record of analyze(folder + name, { keys })) list.push(record);
  return list;
}

const connections = (list: readonly RecordJson[]): ConnectionJson[] =>
  list.filter((record) => record.type === 'connection').toSorted((a, b) => a.id - b.id);

const exchanges = (list: readonly RecordJson[]): string[] =>
  list.flatMap((record) =>
    record.type === 'exchange'
      ? [
          `${record.connection} ${record.request?.method} ${record.request?.target} ${record.response?.status} ${record.state}`,
        ]
      : [],
  );

test('Chromium sends an encrypted hello everywhere, curl does not', async () => {
  const flags = async (name: string): Promise<unknown[]> =>
    connections(await records(name)).map(({ tls }) => tls?.encryptedHello);
  expect(new Set(await flags('tls-browser.pcapng.gz'))).toEqual(new Set([true]));
  expect(new Set(await flags('https.pcapng'))).toEqual(new Set([undefined]));
});

describe('the ledger', () => {
  test('keys beside the file', async () => {
    const list = await records('tls-suites.pcapng', [folder + 'tls-suites.keys']);
    expect(connections(list).every(({ tls }) => tls?.decrypted === true && tls.reason === undefined)).toBe(true);
    expect(exchanges(list)).toEqual(connections(list).map(({ id }) => `${id} GET / 200 complete`));
    expect(
      connections(list)
        .filter(({ tls }) => tls?.resumed)
        .map(({ id }) => id),
    ).toEqual([10, 12]);
  });

  test('no keys', async () => {
    const list = await records('tls-suites.pcapng');
    expect(connections(list).map(({ tls }) => tls?.reason)).toEqual(
      Array.from({ length: 13 }, () => 'no secret for this client random'),
    );
    expect(exchanges(list)).toEqual([]);
    expect(connections(list).every(({ tls }) => tls?.sni === 'secure.example' && tls.ja4 !== undefined)).toBe(true);
    expect(list.at(-1)).toMatchObject({ diagnostics: { 'tls.not-decrypted': 13 } });
  });

  test('half of the keys', async () => {
    const list = connections(await records('tls-missing-keys.pcapng'));
    expect(list.map(({ tls }) => tls?.decrypted)).toEqual(list.map(({ id }) => id % 2 === 0));
  });

  test.each([
    ['https-wrong-keys.pcapng', 'MAC failed: the secret in the key log is not of this session'],
    ['https-midstream.pcapng', 'handshake not captured'],
    ['https-unknown-cipher.pcapng', 'cipher not supported: 0x1306'],
    ['https-broken-keys.pcapng', 'key log line malformed: secrets block 1 line 1'],
  ])('%s', async (name, reason) => {
    const list = await records(name);
    const [one] = connections(list);
    expect(one?.tls).toMatchObject({ decrypted: false, reason });
    expect(exchanges(list)).toEqual([]);
    expect(list).toContainEqual(expect.objectContaining({ code: 'tls.not-decrypted', message: reason }));
    expect(one?.tls?.records?.client).toBeGreaterThan(0);
  });

  test('the ServerHello is missing: its suite is found among those the client offered', async () => {
    const list = await records('https-gap.pcapng');
    expect(connections(list)[0]?.tls).toMatchObject({ version: 'TLS 1.3', decrypted: true });
    expect(exchanges(list)).toEqual(['0 GET /page 200 complete']);
  });

  test('a damaged record: what it held is missing, and nothing else', async () => {
    const list = await records('https-damaged.pcapng');
    expect(connections(list)[0]?.tls).toMatchObject({
      decrypted: true,
      reason: 'MAC failed: a damaged record before byte 3103 of the server',
    });
    expect(exchanges(list)).toEqual(['0 GET /page undefined no-response', '0 GET /steps 200 complete']);
    const failed = list.filter((r) => r.type === 'diagnostic' && r.code === 'tls.mac-failed');
    expect(failed).toEqual([expect.objectContaining({ from: 'server', packet: 11 })]);
  });

  test('packets missing: the answer lacks just their bytes, the next is whole', async () => {
    const list = await records('https-lossy.pcapng');
    expect(exchanges(list)).toEqual(['0 GET /large 200 truncated', '0 GET /small 200 complete']);
    const missing = connections(list)[0]!.missingBytes.server;
    expect(list.find((record) => record.type === 'exchange')).toMatchObject({
      response: { bodyBytes: 60_000 - missing, missingBytes: missing },
    });
  });

  test('a key log with a line that cannot be read', async () => {
    const keys = join(scratch, 'broken.keys');
    const lines = readFileSync(folder + 'tls-suites.keys', 'utf8').split('\n');
    const at = lines.findIndex((line) => line.startsWith('CLIENT_RANDOM'));
    lines[at] = lines[at]!.slice(0, -1);
    writeFileSync(keys, lines.join('\n'));
    const list = await records('tls-suites.pcapng', [keys]);
    const closed = connections(list).filter(({ tls }) => tls?.decrypted === false);
    expect(closed.map(({ tls }) => tls?.reason)).toEqual([`key log line malformed: ${keys} line ${at + 1}`]);
    expect(list.find((record) => record.type === 'diagnostic' && record.code === 'tls.key-log-line')).toMatchObject({
      message: `${keys} line ${at + 1} has a secret of 95 hex digits, an odd number`,
    });
  });

  test('a key log that is written while the capture is followed', async () => {
    const keys = join(scratch, 'late.keys');
    const stop = new AbortController();
    const lines = readFileSync(folder + 'tls-suites.keys', 'utf8').split('\n');
    const followed: RecordJson[] = [];
    const reading = (async () => {
      const options = { keys: [keys], follow: true, signal: stop.signal };
      for await (const record of analyze(folder + 'tls-suites.pcapng', options)) followed.push(record);
    })();
    // No packet comes any more: what the keys open is told all the same.
    for (const [part, opened] of [
      [lines.slice(0, 20), 11],
      [lines.slice(20), 13],
    ] as const) {
      appendFileSync(keys, part.join('\n') + '\n');
      await vi.waitFor(() => expect(exchanges(followed).length).toBe(opened), 5000);
    }
    stop.abort();
    await reading;
  });

  test('the key log that the environment names is read, and that is said', async () => {
    vi.stubEnv('SSLKEYLOGFILE', folder + 'tls-suites.keys');
    const said = (list: readonly RecordJson[]): (string | undefined)[] =>
      list.flatMap((r) => (r.type === 'diagnostic' && r.code === 'tls.environment-keys' ? [r.message] : []));
    const list = await records('tls-suites.pcapng');
    const elsewhere = await records('https.pcapng');
    const named = await records('tls-suites.pcapng', [folder + 'tls-suites.keys']);
    vi.unstubAllEnvs();
    expect(exchanges(list).length).toBe(13);
    expect(said(list)).toEqual(['SSLKEYLOGFILE opened 13 connections']);
    expect(said(elsewhere)).toEqual([]);
    expect(said(named)).toEqual([]);
  });

  test('several key logs', async () => {
    const lines = readFileSync(folder + 'tls-suites.keys', 'utf8').split('\n');
    const parts = [0, 1, 2].map((part) => {
      const path = join(scratch, `part-${part}.keys`);
      writeFileSync(path, lines.filter((_, i) => i % 3 === part).join('\n'));
      return path;
    });
    expect(exchanges(await records('tls-suites.pcapng', parts)).length).toBe(13);
  });
});

describe.skipIf(!tsharkIsThere)('rows are those that tshark sees with the same keys', () => {
  test.each([
    ['tls-suites.pcapng', 'tls-suites.keys'],
    ['tls-missing-keys.pcapng', undefined],
    ['https.pcapng', undefined],
    ['https-wrong-keys.pcapng', undefined],
    ['wss.pcapng', undefined],
    ['tls-browser.pcapng.gz', undefined],
  ])('%s', async (name, keys) => {
    const list = await records(name, keys === undefined ? [] : [folder + keys]);
    const seen: string[] = [];
    for (const r of list) {
      if (r.type === 'exchange' && r.request !== null)
        seen.push(`${r.connection} ${r.request.method} ${r.request.target}`);
      if (r.type === 'exchange' && r.response !== null) seen.push(`${r.connection} ${r.response.status}`);
      if (r.type === 'frame') seen.push(`${r.connection} opcode ${r.opcode} key ${r.maskingKey} ${r.payloadLength}`);
    }
    expect(seen.toSorted()).toEqual(tsharkRows(folder + name, keys && folder + keys).toSorted());
  });
});

const columns = [
  'tcp.stream',
  'http.request.method',
  'http.request.uri',
  'http.response.code',
  'http2.headers.method',
  'http2.headers.path',
  'http2.headers.status',
  'websocket.opcode',
  'websocket.masking_key',
  'websocket.payload_length',
  'websocket.payload_length_ext_16',
  'websocket.payload_length_ext_64',
];

function tsharkRows(path: string, keys: string | undefined): string[] {
  const options = ['-n', '-r', path, '-o', 'tcp.reassemble_out_of_order:TRUE', '-T', 'fields', '-E', 'separator=/t'];
  if (keys !== undefined) options.push('-o', `tls.keylog_file:${keys}`);
  const output = execFileSync('tshark', [...options, ...columns.flatMap((column) => ['-e', column])], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const rows: string[] = [];
  for (const line of output.split('\n')) {
    const [stream, ...values] = line.split('\t');
    const [methods, targets, codes, methods2, paths2, codes2, opcodes, masks, lengths, long, longer] = values.map(
      (value) => (value === '' ? [] : value.split(',')),
    );
    methods?.forEach((method, i) => rows.push(`${stream} ${method} ${targets![i]}`));
    methods2?.forEach((method, i) => rows.push(`${stream} ${method} ${paths2![i]}`));
    for (const code of [...(codes ?? []), ...(codes2 ?? [])]) rows.push(`${stream} ${code}`);
    let mask = 0;
    const extended = { 126: long ?? [], 127: longer ?? [] };
    opcodes?.forEach((opcode, i) => {
      const length = Number(lengths![i]);
      const real = length < 126 ? length : Number(extended[length as 126 | 127].shift());
      const masked = (masks?.length ?? 0) > mask && opcodes.length === masks!.length;
      const key = masked ? masks![mask++]!.replaceAll(':', '').replace(/^0x/, '') : null;
      rows.push(`${stream} opcode ${opcode} key ${key} ${real}`);
    });
  }
  return rows;
}
