/** The commands on captures, as processes. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  lstatSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { RecordJson } from '../../src/timeline/trace-format.ts';
import {
  exchangesCapture,
  hostileCapture,
  root,
  shell,
  startWirescope,
  wirescope,
  workFolder,
  writeCapture,
} from './wirescope.ts';

const cwd = workFolder();
const capture = exchangesCapture(30);
const good = writeCapture(cwd, 'good.pcap', capture);
const hostile = writeCapture(cwd, 'hostile.pcap', hostileCapture());
const cut = writeCapture(cwd, 'cut.pcap', capture.slice(0, -7));
const valid = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(root, 'src/export/wirescope.schema.json'), 'utf8')) as object,
);

function records(text: string): RecordJson[] {
  return text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as RecordJson); // prettier-ignore
}

describe('summary', () => {
  test('shows what is in a capture, on 80 columns, without colours', () => {
    const { status, stdout, stderr } = wirescope(['summary', good], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^good\.pcap\npcap · /);
    expect(stdout).toMatch(/ 200 OK +█+ +20 +67%/);
    expect(stdout).toMatch(/ 404 Not Found +[█▉-▏]+ +10 +33%/);
    expect(stdout).toMatch(/ shop\.example +█+ +30 /);
    expect(stdout).not.toContain('\x1b');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('is what a capture alone gives where there is no terminal', () => {
    expect(wirescope([good], { cwd })).toEqual(wirescope(['summary', good], { cwd }));
  });

  test('reads standard input', () => {
    const { status, stdout } = wirescope(['-'], { input: capture });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^standard input\npcap · /);
    expect(stdout).toMatch(/ 200 OK +█+ +20 /);
  });

  test.each([
    ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['--color', ['--color'], {}, true],
    ['--no-color', ['--no-color'], { FORCE_COLOR: '1' }, false],
    ['NO_COLOR', [], { NO_COLOR: '1' }, false],
  ])('%s', (_name, args, env, coloured) => {
    expect(wirescope(['summary', good, ...args], { cwd, env }).stdout.includes('\x1b[')).toBe(coloured);
  });
});

describe('list', () => {
  test('prints a line an exchange, in columns that awk can count', () => {
    const { status, stdout, stderr } = wirescope(['list', good], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n').slice(0, -1);
    expect(lines.length).toBe(30);
    expect(lines[2]!.trim().split(/ +/)).toEqual(
      ['0.007000', '0', '10.0.0.1:40000', '⇄', '10.0.0.2:80', 'GET', '404', '5', '0.001000', 'text/plain', 'http://shop.example/item/2?q=1'], // prettier-ignore
    );
  });

  test('prints the columns asked for', () => {
    const { stdout } = wirescope(['list', good, '--columns', 'status,host,url', '--time', 'iso'], { cwd });
    expect(stdout.split('\n')[0]).toBe(' 200 shop.example         http://shop.example/item/0?q=1');
  });
});

describe('export', () => {
  test('prints JSON Lines, the capture first and the summary last, all valid', () => {
    const { status, stdout, stderr } = wirescope(['export', good], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const all = records(stdout);
    // A third of the answers are 404: what the doctor notes of them stands between.
    expect(all.map(({ type }) => type).filter((type) => type !== 'diagnostic')).toEqual([
      'capture',
      ...Array<string>(30).fill('exchange'),
      'connection',
      'summary',
    ]);
    for (const record of all) expect(valid(record), JSON.stringify([record, valid.errors])).toBe(true);
  });

  test('prints the same records as one document', () => {
    const { stdout } = wirescope(['export', good, '--format', 'json'], { cwd });
    const document = JSON.parse(stdout) as Record<string, unknown[]>;
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    const exchanges = records(wirescope(['export', good], { cwd }).stdout).filter(({ type }) => type === 'exchange');
    expect(document['exchanges']).toEqual(exchanges);
  });

  test('writes a file that appears when it is whole, in the format of its extension', () => {
    expect(wirescope(['export', good, '-o', 'out.json'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(valid(JSON.parse(readFileSync(join(cwd, 'out.json'), 'utf8')))).toBe(true);
    expect(existsSync(join(cwd, 'out.json.part'))).toBe(false);
  });

  test('writes through a link, and keeps the mode of a file', () => {
    writeFileSync(join(cwd, 'target.jsonl'), 'old', { mode: 0o640 });
    symlinkSync('target.jsonl', join(cwd, 'link.jsonl'));
    expect(wirescope(['export', good, '-o', 'link.jsonl'], { cwd }).status).toBe(0);
    expect(lstatSync(join(cwd, 'link.jsonl')).isSymbolicLink()).toBe(true);
    expect(statSync(join(cwd, 'target.jsonl')).mode & 0o777).toBe(0o640);
    expect(records(readFileSync(join(cwd, 'target.jsonl'), 'utf8')).length).toBe(33 + 10);
  });

  test('writes to - and to a device as to any output', () => {
    expect(wirescope(['export', good, '-o', '-'], { cwd }).stdout).toBe(wirescope(['export', good], { cwd }).stdout);
    expect(wirescope(['export', good, '-o', '/dev/null'], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(statSync('/dev/null').isFile()).toBe(false);
  });

  test.each([
    ['0', undefined, undefined],
    ['3', 'hel', true],
    ['1k', 'hello', false],
  ])('--max-body %s', (bytes, text, truncated) => {
    const all = records(wirescope(['export', good, '--max-body', bytes], { cwd }).stdout);
    const exchange = all.find((record) => record.type === 'exchange')!;
    expect(exchange.response!.text).toBe(text);
    if (truncated !== undefined) expect(exchange.response!.truncated).toBe(truncated);
    expect(exchange.response!.bodyBytes).toBe(5);
  });

  test.runIf(existsSync('/dev/full')).each(['export', 'list', 'summary'])(
    '%s says so where the disk is full',
    (name) => {
      const { status, stderr } = shell(`$W ${name} ${good} >/dev/full`, cwd);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: 'wirescope: standard output: no space left on the device\n',
      });
    },
  );

  test('leaves no temporary files', () => {
    expect(readdirSync(cwd).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('--filter', () => {
  test('selects lines of a list', () => {
    const { status, stdout } = wirescope(['list', good, '--filter', 'http.response.code == 404'], { cwd });
    expect(status).toBe(0);
    expect(stdout.split('\n').length).toBe(11);
    expect(stdout).not.toContain(' 200 ');
  });

  test('selects what a summary adds up', () => {
    const { stdout } = wirescope(['summary', good, '--filter', 'status == 404'], { cwd });
    expect(stdout).toMatch(/ Exchanges +10 /);
    expect(stdout).not.toContain('200 OK');
  });

  test('selects records of an export, between capture and summary', () => {
    const all = records(wirescope(['export', good, '--filter', 'path contains "item/7"'], { cwd }).stdout);
    expect(all.map(({ type }) => type)).toEqual(['capture', 'exchange', 'summary']);
  });

  test('sees content that is not printed', () => {
    const args = ['export', good, '--max-body', '0', '--filter', 'response.body contains "hello" && status == 404'];
    const all = records(wirescope(args, { cwd }).stdout).filter((record) => record.type === 'exchange');
    expect(all.length).toBe(10);
    expect(all[0]!.response!.text).toBeUndefined();
  });

  test.each([
    ['a mistake', 'status ==', /^wirescope: filter, column 10: /],
    ['an unknown field', 'stauts == 200', /stauts/],
    ['captured text in it', 'path == \x1b', /found "\\u001b"/],
  ])('%s in it is wrong usage', (_name, filter, line) => {
    for (const name of ['list', 'summary', 'export']) {
      const { status, stdout, stderr } = wirescope([name, good, '--filter', filter], { cwd });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^wirescope: [^\n]+\n$/);
      expect(stderr).toMatch(line);
    }
  });
});

describe('check', () => {
  test('exits with 0 where all holds', () => {
    const args = [
      'check',
      good,
      '--assert',
      'count(status == 404) == 10',
      '--assert',
      'all(duration < 1)',
      '--assert',
      'status == 200',
    ];
    const { status, stdout, stderr } = wirescope(args, { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /^ok {4}count\(status == 404\) == 10 {2}\(count\(status == 404\) is 10[^\n]*\)\nok {4}all[^\n]*\nok {4}status == 200[^\n]*\n$/,
    );
  });

  test('exits with 1 where something does not hold, and says what', () => {
    const args = ['check', good, '--assert', 'count(status == 404) == 0', '--assert', 'all(duration < 1)'];
    const { status, stdout, stderr } = wirescope(args, { cwd });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(
      /^FAIL {2}count\(status == 404\) == 0 {2}\(count\(status == 404\) is 10[^\n]*; exchange 3, packet 8: GET http:\/\/shop\.example\/item\/2\?q=1, status 404\)\nok /,
    );
  });

  test('looks into content', () => {
    expect(wirescope(['check', good, '--assert', 'all(response.body contains "hello")'], { cwd }).status).toBe(0);
    expect(wirescope(['check', good, '--assert', 'response.body contains "goodbye"'], { cwd }).status).toBe(1);
  });

  test('refuses what it does not understand', () => {
    const { status, stdout, stderr } = wirescope(['check', good, '--assert', 'count(stauts) > 0'], { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^wirescope: [^\n]+status[^\n]*\n$/);
  });
});

describe('a capture that is cut off', () => {
  test.each(['summary', 'list', 'export'])('is told on stderr by %s, which exits with 0', (name) => {
    const { status, stdout, stderr } = wirescope([name, cut], { cwd });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^wirescope: cut\.pcap: the capture ends in the middle of a record[^\n]*\n$/);
    expect(stdout).not.toBe('');
  });
});

describe('hostile text', () => {
  test.each(['summary', 'list'])('reaches the reader of %s escaped', (name) => {
    const { status, stdout } = wirescope([name, hostile], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain('\\x1b]0;owned\\x07');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test('in the name of a file reaches stderr escaped', () => {
    const { stderr } = wirescope(['summary', 'no\x1b[2Jfile'], { cwd });
    expect(stderr).toBe('wirescope: no\\x1b[2Jfile: no such file\n');
  });
});

describe('a closed pipe', () => {
  writeCapture(cwd, 'long.pcap', exchangesCapture(20_000));

  test.each(['list', 'export'])('ends %s quietly', (name) => {
    const { status, stdout, stderr } = shell(`$W ${name} long.pcap | head -n 1; true`, cwd);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').length).toBe(2);
  });

  test('ends the help quietly', () => {
    expect(shell('$W --help | head -n 1; $W explain | head -n 1', cwd).stderr).toBe('');
  });

  test('is no failure', () => {
    expect(shell('{ $W list long.pcap; echo $? >&2; } | head -n 1', cwd).stderr).toBe('0\n');
  });
});

describe('--follow', () => {
  test('reads a growing file until it is interrupted, and leaves whole output', async () => {
    const half = Math.floor(capture.length / 2);
    writeFileSync(join(cwd, 'growing.pcap'), capture.slice(0, half));
    const following = startWirescope(['export', 'growing.pcap', '--follow', '-o', 'followed.jsonl'], cwd);
    const exited = once(following, 'exit');
    const part = join(cwd, 'followed.jsonl.part');
    await until(() => existsSync(part) && readFileSync(part, 'utf8').split('\n').length > 5);
    appendFileSync(join(cwd, 'growing.pcap'), capture.slice(half));
    await until(() => readFileSync(part, 'utf8').split('"exchange"').length > 29);
    following.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    const all = records(readFileSync(join(cwd, 'followed.jsonl'), 'utf8'));
    expect(all.at(-1)).toMatchObject({ type: 'summary', exchanges: 30 });
    expect(existsSync(part)).toBe(false);
  });
});

describe('standard input that is interrupted', () => {
  test('is summed up as far as it came', async () => {
    const reading = startWirescope(['summary', '-'], cwd);
    let stdout = '';
    reading.stdout!.on('data', (data: Buffer) => (stdout += data.toString()));
    const exited = once(reading, 'exit');
    reading.stdin!.write(capture);
    await sleep(1500);
    reading.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(stdout).toMatch(/ 200 OK +█+ +20 /);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !holds(); i++) await sleep(100);
  expect(holds()).toBe(true);
}
