/** The command's small parts, each by itself. */
import { CommanderError, InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseSize } from '../../src/cli/arguments.ts';
import { failureOf } from '../../src/cli/failure.ts';
import { didYouMean, nearestWord } from '../../src/cli/nearest.ts';
import { Notices } from '../../src/cli/notices.ts';
import { ProgressBar, progressText } from '../../src/cli/progress-bar.ts';
import { CaptureError, UsageError } from '../../src/core/errors.ts';
import { OutputClosed } from '../../src/export/output.ts';
import { diagnostic } from '../insight/built-records.ts';

describe('sizes', () => {
  test.each([['0', 0], ['65536', 65536], ['64k', 65536], ['64K', 65536], ['64KiB', 65536], ['1M', 1048576], ['1.5kB', 1536], ['2g', 2147483648]])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes)); // prettier-ignore
  test.each(['', '-1', 'k', '64x', '1e3', ' 1', '99999999999G', '0x10'])('"%s" is none', (text) => {
    expect(() => parseSize(text)).toThrow(InvalidArgumentError);
  });
});

describe('what was probably meant', () => {
  const commands = ['summary', 'list', 'export', 'check', 'explain', 'help'];
  test.each([['sumary', 'summary'], ['lsit', 'list'], ['exprot', 'export'], ['expot', 'export'], ['chek', 'check'], ['hlep', 'help']])('%s: %s', (word, meant) => expect(nearestWord(word, commands)).toBe(meant)); // prettier-ignore
  test.each(['x', 'trace.pcap', 'frobnicate', 'dump', ''])('nothing by "%s"', (word) => {
    expect(nearestWord(word, commands)).toBeUndefined();
    expect(didYouMean(word, commands)).toBe('');
  });
});

describe('failures', () => {
  const system = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });

  test.each([
    ['a closed pipe', new OutputClosed(), 0, undefined],
    ['wrong usage', new UsageError('x was found'), 2, 'x was found'],
    ['an unreadable capture', new CaptureError('a.pcap: is empty', 0), 1, 'a.pcap: is empty'],
    ['captured text in a message', new CaptureError('a\x1b[2J\n b'), 1, 'a\\x1b[2J b'],
    ['a full disk', system, 1, 'no space left on the device'],
    ['a wrong option', new CommanderError(1, 'x', "error: unknown option '--a'\n(Did you mean --b?)"), 2, "unknown option '--a' (did you mean --b?)"],
    ['help', new CommanderError(0, 'commander.help', '(outputHelp)'), 0, undefined],
  ])('%s', (_name, error, status, line) => expect(failureOf(error)).toEqual({ status, line })); // prettier-ignore

  test('a defect says where it is', () => {
    const failure = failureOf(new TypeError('x is not a function'));
    expect(failure.status).toBe(1);
    expect(failure.line).toMatch(/^internal error: TypeError: x is not a function\n +at /);
  });
});

describe('notices', () => {
  function said(fill: (notices: Notices) => void): string[] {
    const lines: string[] = [];
    const notices = new Notices('a.pcap', (line) => lines.push(line));
    fill(notices);
    notices.summary();
    return lines;
  }

  test('tell title, place and detail', () => {
    const cut = diagnostic('capture.cut', { offset: 3410, message: 'packet 12 has 10 of 20 bytes\x1b' });
    expect(said((notices) => notices.diagnostic(cut))).toEqual([
      'a.pcap: the capture ends in the middle of a record (byte 3,410): packet 12 has 10 of 20 bytes\\x1b',
    ]);
  });

  test('leave the rest to other eyes', () => {
    expect(said((notices) => notices.diagnostic(diagnostic('tcp.gap')))).toEqual([]);
  });

  test('do not flood', () => {
    const lines = said((notices) => {
      for (let i = 0; i < 1000; i++) notices.diagnostic(diagnostic('capture.corrupt-record', { offset: i }));
    });
    expect(lines.length).toBe(4);
    expect(lines[3]).toBe('a.pcap: capture.corrupt-record: 997 more of these');
  });
});

describe('the progress bar', () => {
  test.each([
    [500, 1000, 1000, '  ████████████               50%  500 B/s  1.00 s left'],
    [1e9, 4e9, 2000, '  ██████                     25%  500 MB/s  6.00 s left'],
    [0, 1000, 1000, '                              0%  0 B/s'],
    [2000, 1000, 1000, '  ████████████████████████  100%  2.00 kB/s  0 ns left'],
    [5e6, undefined, 1000, '  5.00 MB read  5.00 MB/s'],
  ])('%d of %s bytes after %d ms', (bytes, size, elapsed, text) =>
    expect(progressText(bytes, size, elapsed)).toBe(text),
  );

  test('shows after a second, ten times a second, and is wiped', () => {
    let now = 0;
    const written: string[] = [];
    const progress = new ProgressBar((text) => written.push(text), () => now); // prettier-ignore
    for (now = 0; now < 1000; now += 10) progress.update(now, 10_000);
    expect(written).toEqual([]);
    for (; now < 2000; now += 10) progress.update(now, 10_000);
    expect(written.length).toBe(10);
    progress.end();
    progress.end();
    expect(written.length).toBe(11);
    expect(written.at(-1)).toBe('\r\x1b[K');
  });

  test('of a short file is never seen', () => {
    const written: string[] = [];
    const progress = new ProgressBar((text) => written.push(text), () => 0); // prettier-ignore
    progress.update(10, 10);
    progress.end();
    expect(written).toEqual([]);
  });
});
