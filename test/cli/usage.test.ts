/** Wrong usage and unreadable input: one line on stderr, nothing on stdout, the right exit status. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exchangesCapture, root, wirescope, workFolder, writeCapture } from './wirescope.ts';

const cwd = workFolder();
const good = writeCapture(cwd, 'good.pcap', exchangesCapture(3));
writeCapture(cwd, 'empty.pcap');
writeCapture(cwd, 'short.pcap', exchangesCapture(1).slice(0, 11));
writeFileSync(join(cwd, 'page.html'), '<!doctype html><title>no capture</title>');
mkdirSync(join(cwd, 'folder'));

describe('wrong usage exits with 2 and says in one line what was expected', () => {
  test.each([
    ['nothing at all', [], /^wirescope: no capture was named; expected .*--help/],
    ['a misspelt command', ['sumary', good], /^wirescope: sumary: no such file and no such command \(did you mean summary\?\)/],
    ['a misspelt command alone', ['lsit'], /did you mean list\?/],
    ['an unknown command', ['frobnicate', good], /^wirescope: frobnicate: no such command; expected summary, diagnose, list, export/],
    ['two captures', [good, 'other.pcap'], /^wirescope: one capture at a time: good.pcap and other.pcap were named/],
    ['an unknown option', ['summary', good, '--fitler', 'x'], /unknown option '--fitler' \(did you mean --filter\?\)/],
    ['a capture that is not named', ['list'], /missing required argument 'file'/],
    ['more arguments than a command takes', ['list', good, 'b'], /too many arguments for 'list'/],
    ['an option without its value', ['export', good, '--format'], /option '--format <name>' argument missing/],
    ['an unknown format', ['export', good, '--format', 'jsno'], /there is no format "jsno" \(did you mean json\?\); expected jsonl or json/],
    ['an unknown reader', ['list', good, '--reader', 'libpcap'], /Allowed choices are wirescope, pcap-parser/],
    ['a size that is none', ['export', good, '--max-body', '64x'], /'64x' is invalid. Expected a number of bytes, like 65536, 64k or 1M/],
    ['a negative size', ['export', good, '--max-body=-1'], /'-1' is invalid/],
    ['an unknown column', ['list', good, '--columns', 'time,urk'], /no column "urk" \(did you mean url\?\)/],
    ['a column where it may not stand', ['list', good, '--columns', 'url,time'], /"url" .* can only be the last/],
    ['an unknown time format', ['list', good, '--time', 'lunar'], /Allowed choices are relative, absolute, iso/],
    ['a check without an assertion', ['check', good], /required option '--assert <expr>' not specified/],
    ['an unknown diagnostic', ['explain', 'tcp.gab'], /there is no diagnostic "tcp.gab" \(did you mean tcp.gap\?\)/],
    ['an empty name', ['summary', ''], /the name of the capture is empty/],
    ['the capture as output', ['export', good, '-o', good], /-o good.pcap: that is the capture being read/],
    ['help for no command', ['help', 'sumary'], /there is no command "sumary" \(did you mean summary\?\)/],
  ] as const)('%s', (_name, args, line) => {
    const { status, stdout, stderr } = wirescope(args, { cwd });
    expect(stderr).toMatch(/^wirescope: [^\n]+\n$/);
    expect(stderr).toMatch(line);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  }); // prettier-ignore
});

describe('input that cannot be read exits with 1', () => {
  test.each([
    ['no such file', 'missing.pcap', /^wirescope: missing.pcap: no such file/],
    ['a folder', 'folder', /^wirescope: folder: is a directory; expected a capture file/],
    ['an empty file', 'empty.pcap', /^wirescope: empty.pcap: is empty/],
    ['another kind of file', 'page.html', /^wirescope: page.html: .*expected pcap or pcapng/],
    ['a header cut short', 'short.pcap', /^wirescope: short.pcap: .*11/],
  ])('%s', (_name, file, line) => {
    for (const name of ['summary', 'list', 'export']) {
      const { status, stdout, stderr } = wirescope([name, file], { cwd });
      expect(stderr).toMatch(/^wirescope: [^\n]+\n$/);
      expect(stderr).toMatch(line);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    }
  });

  test('and leaves no output file, nor changes one that was there', () => {
    writeFileSync(join(cwd, 'kept.json'), 'precious');
    for (const out of ['new.json', 'kept.json']) {
      expect(wirescope(['export', 'page.html', '-o', out], { cwd }).status).toBe(1);
    }
    expect(readFileSync(join(cwd, 'kept.json'), 'utf8')).toBe('precious');
    expect(readdirSync(cwd).filter((name) => name.startsWith('new') || name.endsWith('.part'))).toEqual([]);
  });

  test('an output folder that is not there is named', () => {
    const { status, stderr } = wirescope(['export', good, '-o', 'nowhere/out.jsonl'], { cwd });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'wirescope: nowhere/out.jsonl: no such file or directory\n',
    });
  });
});

describe('help and version', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

  test.each([['--version'], ['-V']])('%s prints the version', (option) => {
    expect(wirescope([option])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([[['--help']], [['-h']], [['help']]])('%j lists the commands', (args) => {
    const { status, stdout, stderr } = wirescope(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const name of ['summary', 'list', 'export', 'check', 'explain', 'help'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).not.toMatch(/\bopen\b/);
  });

  test.each(['summary', 'list', 'export', 'check', 'explain'])('of %s fits into 80 columns', (name) => {
    const first = wirescope([name, '--help']);
    expect(first).toEqual(wirescope(['help', name]));
    expect(first.status).toBe(0);
    for (const line of first.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('of the filter language shows fields that exist', () => {
    const { status, stdout } = wirescope(['help', 'filter']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^  status, http\.response\.code\n      status code of the response$/m);
  });

  test('of list names the columns', () => {
    expect(wirescope(['list', '--help']).stdout).toMatch(/^ {2}duration +seconds from first to last byte/m);
  });
});

describe('explain', () => {
  test('says what a code means', () => {
    const { status, stdout } = wirescope(['explain', 'tcp.conflicting-overlap']);
    expect(status).toBe(0);
    expect(stdout).toContain('a retransmission carries other bytes');
    expect(stdout).toContain('RFC 9293 3.10.7.4');
  });

  test('without a code lists them all', () => {
    const { status, stdout } = wirescope(['explain']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^warning {2}tcp\.gap +bytes of this stream are missing/m);
    expect(stdout).not.toContain('\x1b');
  });
});
