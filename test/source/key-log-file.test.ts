/** Key logs: what is read of them, what is said of lines that cannot be, and how they are followed. */
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KeyLogReader } from '../../src/core/key-log.ts';
import { Secrets } from '../../src/core/secrets.ts';
import { KeyLogFile } from '../../src/source/key-log-file.ts';
import { scratchFolder } from './reading.ts';

const random = '0123456789abcdef'.repeat(4);
const other = 'f'.repeat(64);
const master = 'aa'.repeat(48);
const secret = 'bb'.repeat(32);
const long = 'cc'.repeat(48);

function read(text: string, ...cuts: number[]): { secrets: Secrets; problems: string[] } {
  const secrets = new Secrets();
  const problems: string[] = [];
  const reader = new KeyLogReader(secrets, 'k.log', (detail) => problems.push(detail));
  const data = Buffer.from(text, 'latin1');
  let at = 0;
  for (const cut of [...cuts, data.length]) {
    reader.push(data, at, cut);
    at = cut;
  }
  reader.end();
  return { secrets, problems };
}

describe('lines', () => {
  test('of every label', () => {
    const { secrets, problems } = read(
      [
        '# SSL/TLS secrets log file',
        '',
        `CLIENT_RANDOM ${random} ${master}`,
        `CLIENT_EARLY_TRAFFIC_SECRET ${random} ${secret}`,
        `CLIENT_HANDSHAKE_TRAFFIC_SECRET ${random} ${secret}`,
        `SERVER_HANDSHAKE_TRAFFIC_SECRET ${random} ${long}`,
        `CLIENT_TRAFFIC_SECRET_0 ${random} ${long}`,
        `SERVER_TRAFFIC_SECRET_0 ${random.toUpperCase()} ${secret.toUpperCase()}`,
        `EXPORTER_SECRET ${random} ${secret}`,
        `SOME_NEW_LABEL ${random} what ever`,
        `PMS_CLIENT_RANDOM ${other} ${'dd'.repeat(66)}`,
        `RSA 0011223344556677 ${master}`,
        `RSA Session-ID:0a0b Master-Key:${master.toUpperCase()}`,
      ].join('\r\n'),
    );
    expect(problems).toEqual([]);
    expect(secrets.find(random)).toMatchObject({
      master,
      early: secret,
      clientHandshake: secret,
      serverHandshake: long,
      client: long,
      server: secret,
      malformed: '',
    });
    expect(secrets.find(other)).toMatchObject({ premaster: 'dd'.repeat(66) });
    expect(secrets.premasterOf('0011223344556677')).toBe(master);
    expect(secrets.resumableMaster('0a0b')).toBe(master);
    expect(secrets.size).toBe(2);
  });

  test('cut anywhere', () => {
    const text = `# one\nCLIENT_RANDOM ${random} ${master}\nCLIENT_RANDOM ${other} ${master}`;
    for (let cut = 0; cut <= text.length; cut++) {
      const { secrets, problems } = read(text, cut);
      expect([secrets.size, problems]).toEqual([2, []]);
    }
  });

  test.each([
    ['hello world', 'begins with no label; expected LABEL client-random secret'],
    ['CLIENT_RANDOM', 'has no client random of 64 hex digits behind CLIENT_RANDOM'],
    [`CLIENT_RANDOM ${random.slice(2)} ${master}`, 'has no client random of 64 hex digits behind CLIENT_RANDOM'],
    [`CLIENT_RANDOM ${random}`, 'has no secret'],
    [`CLIENT_RANDOM ${random} ${master.slice(1)}`, 'has a secret of 95 hex digits, an odd number'],
    [`CLIENT_RANDOM ${random} ${secret}`, 'has a secret of 64 hex digits; expected 96'],
    [`CLIENT_RANDOM ${random} ${master}  more`, 'has something behind the secret'],
    [`CLIENT_RANDOM ${random} ${'x'.repeat(96)}`, 'has a secret that is not hexadecimal'],
    [`CLIENT_TRAFFIC_SECRET_0 ${random} abcd`, 'has a secret of 4 hex digits; expected 64 or 96'],
    [`PMS_CLIENT_RANDOM ${random} ${'ab'.repeat(3000)}`, 'has a secret of 6000 hex digits, too many'],
    ['RSA 00 11', 'is no RSA line of 16 and 96 hex digits'],
    ['x'.repeat(40_000), 'is longer than 16384 characters'],
  ])('%.60s', (line, problem) => {
    const { secrets, problems } = read(`# first\n${line}\nCLIENT_RANDOM ${other} ${master}\n`);
    expect(problems).toEqual([`k.log line 2 ${problem}`]);
    expect(secrets.find(other)?.master).toBe(master);
    const named = line.includes(` ${random}`);
    expect(secrets.find(random)?.malformed).toBe(named ? 'k.log line 2' : undefined);
  });

  test('a line without end is not kept', () => {
    const { problems } = read('y'.repeat(3_000_000), ...Array.from({ length: 29 }, (_, i) => (i + 1) * 100_000));
    expect(problems).toEqual(['k.log line 1 is longer than 16384 characters']);
  });
});

describe('files', () => {
  const folder = scratchFolder();
  const open = (path: string, optional = false): { file: KeyLogFile; secrets: Secrets; problems: string[] } => {
    const secrets = new Secrets();
    const problems: string[] = [];
    const report = (_code: string, _slot: number, _side: number, _offset: number, detail?: string): void => {
      problems.push(detail!);
    };
    return { file: new KeyLogFile(path, secrets, { report }, { optional }), secrets, problems };
  };

  test('grow, and are read on', () => {
    const path = join(folder, 'grows.log');
    writeFileSync(path, `CLIENT_RANDOM ${random} ${master}\nCLIENT_RAN`);
    const { file, secrets, problems } = open(path);
    file.read();
    expect(secrets.size).toBe(1);
    appendFileSync(path, `DOM ${other} `);
    file.read();
    file.read();
    appendFileSync(path, master);
    file.read();
    expect(secrets.size).toBe(1);
    file.end();
    expect(secrets.size).toBe(2);
    expect(problems).toEqual([]);
  });

  test('are read anew where another takes their place', () => {
    const path = join(folder, 'rotated.log');
    writeFileSync(path, `# ${'long '.repeat(50)}\nCLIENT_RANDOM ${random} ${master}\n`);
    const { file, secrets, problems } = open(path);
    file.read();
    writeFileSync(join(folder, 'next.log'), `CLIENT_RANDOM ${other} ${master}\nnonsense\n`);
    renameSync(join(folder, 'next.log'), path);
    file.read();
    expect(secrets.size).toBe(2);
    expect(problems).toEqual([`${path} line 2 begins with no label; expected LABEL client-random secret`]);
    writeFileSync(path, '#\n');
    file.read();
    expect(secrets.size).toBe(2);
  });

  test('that are not there', () => {
    const path = join(folder, 'none.log');
    expect(() => open(path).file.read()).toThrow(`${path}: no such file; expected a TLS key log`);
    const { file, secrets } = open(path, true);
    file.read();
    writeFileSync(path, `CLIENT_RANDOM ${random} ${master}\n`);
    file.read();
    expect(secrets.size).toBe(1);
  });

  test('that are folders', () => {
    const path = join(folder, 'folder');
    mkdirSync(path);
    expect(() => open(path).file.read()).toThrow(`${path}: is a folder; expected a TLS key log`);
  });

  test('a file of something else is complained of twenty times', () => {
    const path = join(folder, 'prose.txt');
    writeFileSync(path, 'it was a dark night\n'.repeat(1000));
    const { file, problems } = open(path);
    file.read();
    expect(problems.length).toBe(20);
  });
});
