/** Whose sockets they are: the search in a system's own account of its processes, and the names in a saved session. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OwnerSearch, procAddress } from '../../../src/source/tap/owner-search.ts';
import { startWirescope, workFolder } from '../../cli/wirescope.ts';

const folder = workFolder();
const line = (local: string, remote: string, inode: number): string =>
  `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 20 4 30 10 -1\n`;

describe('addresses as the system writes them', () => {
  test.each([
    ['127.0.0.1', 8080, false, '0100007F:1F90'],
    ['127.0.0.1', 80, true, '0000000000000000FFFF00000100007F:0050'],
    ['::ffff:127.0.0.1', 80, false, '0100007F:0050'],
    ['::1', 443, false, '00000000000000000000000001000000:01BB'],
    ['fe80::1:2%eth0', 1, false, '000080FE000000000000000002000100:0001'],
  ])('%s port %i', (ip, port, mapped, expected) => {
    expect(procAddress(ip, port, mapped)).toBe(expected);
  });
});

test('owners are found by inode; sockets of nobody one may look into are not', () => {
  const root = join(folder, 'proc');
  mkdirSync(join(root, 'net'), { recursive: true });
  const [one, two, three] = ['0100007F:1000', '0100007F:2000', '0100007F:3000'];
  const six = procAddress('127.0.0.1', 0x4000, true);
  const sixTo = procAddress('127.0.0.1', 0x1000, true);
  writeFileSync(join(root, 'net', 'tcp'), 'sl local\n' + line(two, one, 77) + line(three, one, 78) + line(one, two, 0));
  writeFileSync(join(root, 'net', 'tcp6'), 'sl local\n' + line(six, sixTo, 79));
  for (const [pid, inode, command] of [
    ['41', 77, '/usr/bin/curl\0--user\0secret\0'],
    ['42', 79, 'nginx: worker process\0'],
  ] as const) {
    mkdirSync(join(root, pid, 'fd'), { recursive: true });
    symlinkSync(`socket:[${inode}]`, join(root, pid, 'fd', '3'));
    symlinkSync('/dev/null', join(root, pid, 'fd', '0'));
    writeFileSync(join(root, pid, 'cmdline'), command);
  }
  const address = (port: number) => ({ ip: '127.0.0.1', port });
  const wanted = [0x2000, 0x3000, 0x4000, 0x5000].map((port, number) => ({
    number,
    local: address(port),
    remote: address(0x1000),
  }));
  const search = new OwnerSearch(root);
  for (let i = 0; i < 2; i++) {
    expect(search.find(wanted)).toEqual([
      { number: 0, owner: 'curl (pid 41)' },
      1,
      { number: 2, owner: 'nginx: (pid 42)' },
      3,
    ]);
  }
  expect(new OwnerSearch(join(folder, 'nowhere')).find(wanted)).toEqual([0, 1, 2, 3]);
});

function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

test.skipIf(!hasTshark())('a saved session names the programs at both ends', async () => {
  const server = createServer((_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const tap = startWirescope(
    ['tap', '--to', `127.0.0.1:${port}`, '--listen', '0', '--save', 'owners.pcapng', '-o', '/dev/null'],
    folder,
  );
  const place = await new Promise<string>((resolve) => {
    let errors = '';
    tap.stderr!.on('data', (data) => {
      const [, found] = /listening on ([\d.:]+)/.exec((errors += String(data))) ?? [];
      if (found !== undefined) resolve(found.replace(/:$/, ''));
    });
  });
  const comments = () => {
    const args = ['-r', 'owners.pcapng', '-T', 'fields', '-e', 'frame.comment', '-Y', 'frame.comment'];
    return execFileSync('tshark', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  };
  // They are looked up behind the traffic's back, and stand beside what passes then.
  const saved = () => readFileSync(join(folder, 'owners.pcapng'), 'latin1');
  for (let i = 0; i < 200 && !saved().includes('server: node'); i++) {
    await (await fetch(`http://${place}/`)).text();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const ended = new Promise((resolve) => tap.once('close', resolve));
  tap.kill('SIGINT');
  await ended;
  server.closeAllConnections();
  server.close();
  expect(comments()).toContain(`client: node (pid ${process.pid})`);
  expect(comments()).toContain(`server: node (pid ${process.pid})`);
});
