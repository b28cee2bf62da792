/**
 * The whole program in a real terminal (tmux), over `captures/demo.pcapng`: what a person does who has never seen it, and
 * that the terminal is as it was afterwards, whatever happened.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { command, demo, workFolder } from '../cli/wirescope.ts';
import { hasTmux, Terminal, type TerminalOptions } from '../support/terminal.mjs';

const folder = workFolder();
const opened: Terminal[] = [];
afterEach(() => {
  for (const terminal of opened.splice(0)) terminal.close();
});

/** Starts a command line in a terminal whose prompt is `$`. */
function terminal(line: string, options: TerminalOptions = {}): Terminal {
  const made = new Terminal(`cd ${folder}; PS1='$ '; clear; ${line}`, options);
  opened.push(made);
  return made;
}

function dashboard(options: TerminalOptions = {}, more = ''): Terminal {
  return terminal(`node ${command} ${demo} ${more}`, options);
}

const lastLine = (screen: string): string => screen.trimEnd().split('\n').at(-1)!;

/** The terminal is the shell's again: keys echo, the first screen is back, the cursor shows, the mouse is the terminal's. */
async function isAsBefore(shell: Terminal): Promise<void> {
  await shell.shows((screen) => lastLine(screen).startsWith('$'));
  shell.line('echo still-$((40 + 2))');
  await shell.shows('still-42');
  expect([shell.fact('alternate_on'), shell.fact('cursor_flag'), shell.fact('mouse_any_flag')]).toEqual(['0', '1', '0']);
  shell.line('stty -a');
  await shell.shows((screen) => /[^-]icanon/.test(screen) && /[^-]echo /.test(screen));
} // prettier-ignore

const sizes: [columns: number, rows: number][] = [[80, 24], [120, 36], [200, 60]]; // prettier-ignore

describe.skipIf(!hasTmux)('in a terminal', () => {
  test.each(sizes)('%ix%i: open, move, filter, read a conversation, see the histogram, resize, quit', async (columns, rows) => {
    const shell = dashboard({ columns, rows });
    await shell.shows('/shop/');
    shell.key('j', 'j');
    await shell.shows((screen) => screen.includes('GET /css/shop.css'));
    shell.key('/');
    shell.type('status == 404');
    await shell.shows('✓ 2 of');
    shell.key('Enter');
    await shell.shows((screen) => / filter +status == 404/.test(screen) && !screen.includes('/css/shop.css'));
    shell.key('Escape');
    await shell.shows('/api/search');
    shell.key('2', 'Enter');
    await shell.shows('subscribe  {');
    shell.key('4');
    await shell.shows((screen) => /404 .*2 █/.test(screen));
    shell.key('1');
    shell.resize(columns - 10, rows - 4);
    await shell.shows((screen) => screen.split('\n').length === rows - 4 && / quit/.test(lastLine(screen)));
    shell.key('q');
    await shell.shows('quit wirescope?');
    shell.key('y');
    await isAsBefore(shell);
  }); // prettier-ignore

  test('a person finds the slowest request, the refused upgrade and why, a message, and the count of 404s', async () => {
    const shell = dashboard({ columns: 100, rows: 30 });
    await shell.shows('/shop/');
    shell.key('4');
    const statistics = await shell.shows('Slowest exchanges');
    expect(statistics).toMatch(/1\.\d\d s +200 GET \/api\/stock/);
    expect(statistics).toMatch(/404 Not Found +2 /);
    shell.key('3');
    await shell.shows('verdict');
    // Typed at once, 4, 3 and G would be row 43.
    await new Promise((resolve) => void setTimeout(resolve, 500));
    shell.key('G');
    const upgrade = await shell.shows((screen) => /✗ refused: 403 Forbidden/.test(screen) && /http:\/\/evil\.example/.test(screen));
    expect(upgrade).toMatch(/✗ refused +403/);
    shell.key('2', 'j', 'j', 'Enter', 'j', 'j');
    await shell.shows('Message 3');
  }); // prettier-ignore

  test('copies through the terminal', async () => {
    const shell = dashboard();
    await shell.shows('/shop/');
    shell.key('j', 'y', 'u');
    await shell.shows('copied url');
    expect(shell.clipboard()).toBe('http://shop.example/shop/');
    shell.key('y', 'c');
    await shell.shows('copied curl');
    expect(shell.clipboard()).toMatch(/^curl http:\/\/shop\.example\/shop\/ -H /);
    shell.key('y', 'j');
    await shell.shows('copied json');
    expect(JSON.parse(shell.clipboard())).toMatchObject({ type: 'exchange', id: 2 });
  });

  test('exports what the filter shows', async () => {
    const shell = dashboard({}, "--filter 'status == 404'");
    await shell.shows('2 of 49');
    shell.key('e', 'Enter');
    await shell.shows('written to demo.jsonl');
    const lines = readFileSync(join(folder, 'demo.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { type: string });
    expect(lines.filter(({ type }) => type === 'exchange').length).toBe(2);
  }); // prettier-ignore

  test('a header field is found by reading the capture again', async () => {
    const shell = dashboard();
    await shell.shows('/shop/');
    shell.key('f');
    shell.type('http.user_agent contains "ShopApp"');
    await shell.shows((screen) => /✓ [1-9]\d* of 49/.test(screen));
  });

  test('reads a capture from a pipe, and keys from the terminal', async () => {
    const shell = terminal(`cat ${demo} | node ${command} -`);
    await shell.shows('/shop/');
    shell.key('j');
    await shell.shows('GET /shop/ HTTP/1.1');
    shell.key('Q');
    await isAsBefore(shell);
  });

  test('of what came through a pipe there are packets, JSON, filters over heads and exports', async () => {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const line = `cat ${demo} | TMPDIR=${temporary} node ${command} -`;
    const shell = terminal(line);
    await shell.shows('/shop/');
    shell.key('j', 'p');
    await shell.shows((screen) => /Packet \d+/.test(screen));
    shell.key('p', 'y', 'j');
    await shell.shows('copied json');
    expect(JSON.parse(shell.clipboard())).toMatchObject({ type: 'exchange', id: 2 });
    shell.key('f');
    shell.type('http.user_agent contains "ShopApp"');
    await shell.shows((screen) => /✓ [1-9]\d* of 49/.test(screen));
    shell.key('Enter', 'e', 'Enter');
    await shell.shows('written to capture.jsonl');
    expect(readFileSync(join(folder, 'capture.jsonl'), 'utf8')).toContain('ShopApp');
    shell.key('Q');
    await isAsBefore(shell);
    expect(readdirSync(temporary)).toEqual([]);
    shell.line(line);
    await shell.shows('/shop/');
    expect(readdirSync(temporary).length).toBe(1);
    shell.key('C-c', 'C-c');
    await isAsBefore(shell);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('stops and comes back', async () => {
    const shell = dashboard();
    await shell.shows('/shop/');
    shell.key('C-z');
    await shell.shows((screen) => /Stopped|Suspended|\$ *$/.test(screen));
    expect(shell.fact('alternate_on')).toBe('0');
    shell.line('fg');
    await shell.shows('/shop/');
    expect(shell.fact('alternate_on')).toBe('1');
    shell.key('Q');
    await isAsBefore(shell);
  });

  test.each(['TERM', 'INT', 'HUP', 'QUIT'])('SIG%s leaves the terminal as it was', async (signal) => {
    const shell = terminal(`node ${command} ${demo} & pid=$!; fg >/dev/null 2>&1`);
    await shell.shows('/shop/');
    const child = readFileSync(`/proc/${shell.fact('pane_pid')}/task/${shell.fact('pane_pid')}/children`, 'utf8').trim();
    process.kill(Number(child.split(' ')[0]), `SIG${signal}`);
    await isAsBefore(shell);
  }); // prettier-ignore

  test('a crash leaves the terminal as it was, and says what happened', async () => {
    const bomb = join(folder, 'bomb.mjs');
    writeFileSync(bomb, "setTimeout(() => { throw new Error('the bomb went off'); }, 4000);\n");
    const shell = terminal(`node --import ${bomb} ${command} ${demo}`);
    await shell.shows('/shop/');
    await shell.shows('wirescope: internal error: Error: the bomb went off');
    await isAsBefore(shell);
  });

  test('captured escape sequences do nothing', async () => {
    const file = join(folder, 'hostile.pcap');
    writeFileSync(file, hostileCapture());
    const shell = terminal(`node ${command} ${file}`, { columns: 120, rows: 30 });
    const screen = await shell.shows('/\\x1b]0;owned\\x07');
    expect(screen).toContain('\\x1b[2J');
    expect(shell.fact('pane_title')).not.toBe('owned');
    shell.key('Enter');
    await shell.shows('X-Evil');
    shell.key('r');
    await shell.shows('X-Evil');
    expect(lastLine(shell.screen())).toContain('help');
  });

  test('a terminal without colours, and one that is too small', async () => {
    const plain = dashboard({ environment: { NO_COLOR: '1' } });
    await plain.shows('/shop/');
    expect(plain.colours()).not.toMatch(/[34]8;[25];/);
    plain.resize(40, 8);
    await plain.shows('too small (60×12): use wirescope summary');
    plain.resize(80, 24);
    await plain.shows('/shop/');
  });

  test('a file that is no capture ends it with one line', async () => {
    const file = join(folder, 'text.pcap');
    copyFileSync(new URL(import.meta.url).pathname, file);
    const shell = terminal(`node ${command} ${file}; echo status $?`);
    await shell.shows((screen) => screen.includes('expected pcap or pcapng'));
    await shell.shows('status 1');
  });
});

test.runIf(!existsSync('/usr/bin/tmux') && !hasTmux)(
  'tmux is not installed: nothing was tried in a real terminal',
  () => {},
);

/** One request and one response full of what terminals obey. */
function hostileCapture(): Buffer {
  const request = 'GET /\x1b]0;owned\x07\x1b[2J HTTP/1.1\r\nHost: a\x1b[31m\r\nX-Evil: \x1b[?1049l\x1b[5;5Hx\x9b2J{red-fg}\r\n\r\n';
  const response = 'HTTP/1.1 200 \x1b[7mOK\r\nContent-Length: 12\r\nContent-Type: text/\x1bc\r\n\r\n\x1b[2J\x1b]0;x\x07\x07\x07';
  const packets = [packet(1000, 80, 1, 1, request), packet(80, 1000, 1, 1 + request.length, response)];
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex');
  return Buffer.concat([header, ...packets]);
} // prettier-ignore

/** A raw-IP packet with a TCP segment, as a pcap record. */
function packet(from: number, to: number, seq: number, ack: number, text: string): Buffer {
  const payload = Buffer.from(text, 'latin1');
  const bytes = Buffer.alloc(40 + payload.length);
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt8(64, 8);
  bytes.writeUInt8(6, 9);
  bytes.set(from === 80 ? [10, 0, 0, 2, 10, 0, 0, 1] : [10, 0, 0, 1, 10, 0, 0, 2], 12);
  bytes.writeUInt16BE(from, 20);
  bytes.writeUInt16BE(to, 22);
  bytes.writeUInt32BE(seq, 24);
  bytes.writeUInt32BE(ack, 28);
  bytes.writeUInt8(0x50, 32);
  bytes.writeUInt8(0x18, 33);
  payload.copy(bytes, 40);
  const record = Buffer.alloc(16);
  record.writeUInt32LE(1, 0);
  record.writeUInt32LE(bytes.length, 8);
  record.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([record, bytes]);
}
