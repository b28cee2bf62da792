/**
 * Owners of sockets by Linux's `/proc`: `net/tcp` and `net/tcp6` give a connection's inode, the links in `PID/fd` who has
 * it open. Processes of other users cannot be looked into without rights: their sockets have no owner here.
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { FoundOwner, WantedOwner } from './socket-owners.ts';

const lineFeed = 0x0a;
const inodeField = 8;
/** Two addresses and the space between them. */
const ipv4Length = 27;
const ipv6Length = 75;
/** Processes that are looked into first: who had a socket has more. */
const likelyBound = 16;

export class OwnerSearch {
  private readonly root: string;
  private likely: string[] = [];
  private readonly block = Buffer.alloc(64 * 1024);

  /** @param root where the system tells of its processes */
  constructor(root: string) {
    this.root = root;
  }

  /** @returns for each that was asked, in any order, its owner, or its number alone */
  find(asked: readonly WantedOwner[]): (FoundOwner | number)[] {
    const inodes = this.inodes(asked);
    const owners = this.owners(new Set(inodes.values()));
    return asked.map(({ number }) => {
      const owner = owners.get(inodes.get(number) ?? '');
      return owner === undefined ? number : { number, owner };
    });
  }

  /** Inode by number. */
  private inodes(asked: readonly WantedOwner[]): Map<number, string> {
    const numbers = new Map<string, number>();
    for (const { number, local, remote } of asked) {
      for (const mapped of [false, true]) {
        numbers.set(
          `${procAddress(local.ip, local.port, mapped)} ${procAddress(remote.ip, remote.port, mapped)}`,
          number,
        );
      }
    }
    const found = new Map<number, string>();
    for (const name of ['tcp', 'tcp6']) {
      if (found.size === asked.length) break;
      // The two addresses of a line begin at the same column in all of them.
      const length = name === 'tcp' ? ipv4Length : ipv6Length;
      this.lines(join(this.root, 'net', name), (data, from, to) => {
        const start = data.indexOf(': ', from) + 2;
        const number = numbers.get(data.toString('latin1', start, start + length));
        if (number === undefined) return;
        const inode = data.toString('latin1', start, to).split(/\s+/)[inodeField];
        if (inode !== undefined && inode !== '0') found.set(number, inode);
      });
    }
    return found;
  }

  /** Owner by inode. */
  private owners(inodes: Set<string>): Map<string, string> {
    const owners = new Map<string, string>();
    if (inodes.size === 0) return owners;
    // A client is younger than most of what runs.
    const all = this.list().filter((name) => /^\d+$/.test(name));
    const pids = new Set([...this.likely, ...all.sort((a, b) => Number(b) - Number(a))]);
    for (const pid of pids) {
      for (const fd of this.list(pid, 'fd')) {
        const [, inode] = /^socket:\[(\d+)\]$/.exec(this.link(pid, 'fd', fd)) ?? [];
        if (inode === undefined || !inodes.delete(inode)) continue;
        owners.set(inode, `${this.nameOf(pid)} (pid ${pid})`);
        this.likely = [pid, ...this.likely.filter((other) => other !== pid)].slice(0, likelyBound);
      }
      if (inodes.size === 0) break;
    }
    return owners;
  }

  /** The program's name; its arguments may hold secrets. */
  private nameOf(pid: string): string {
    const [path = ''] = this.read(pid, 'cmdline').split('\0');
    const name = path.replace(/ .*/, '').replace(/^.*\//, '') || this.read(pid, 'comm').trim();
    return name.replace(/[^ -~]/g, '?') || 'a program';
  }

  /** Calls with each line, where it stands for the moment: tables are long where many connections have been. */
  private lines(path: string, line: (data: Buffer, from: number, to: number) => void): void {
    const { block } = this;
    let file = -1;
    try {
      file = openSync(path, 'r');
      let held = 0;
      for (let count = 1; count > 0;) {
        count = readSync(file, block, held, block.length - held, null);
        const end = held + count;
        let from = 0;
        for (let to = block.indexOf(lineFeed); to >= 0 && to < end; to = block.indexOf(lineFeed, from)) {
          line(block, from, to);
          from = to + 1;
        }
        block.copyWithin(0, from, end);
        held = end - from;
      }
    } catch {
      // As if there was nothing more.
    } finally {
      if (file >= 0) closeSync(file);
    }
  }

  private read(...path: string[]): string {
    try {
      return readFileSync(join(this.root, ...path), 'latin1');
    } catch {
      return '';
    }
  }

  private list(...path: string[]): string[] {
    try {
      return readdirSync(join(this.root, ...path));
    } catch {
      return [];
    }
  }

  private link(...path: string[]): string {
    try {
      return readlinkSync(join(this.root, ...path));
    } catch {
      return '';
    }
  }
}

/** As `/proc/net/tcp` writes it: the address in words of the machine's byte order, the port in hex. */
export function procAddress(ip: string, port: number, mapped: boolean): string {
  const tail = ':' + port.toString(16).toUpperCase().padStart(4, '0');
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*/, '');
  if (!plain.includes(':'))
    return (mapped ? procWord(0) + procWord(0) + procWord(0xffff) : '') + ipv4Word(plain) + tail;
  const [head = '', rest] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest === undefined || rest === '' ? [] : rest.split(':');
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  let text = '';
  for (let i = 0; i < 8; i += 2)
    text += procWord((parseInt(groups[i] ?? '0', 16) * 0x1_0000 + parseInt(groups[i + 1] ?? '0', 16)) >>> 0);
  return text + tail;
}

function ipv4Word(ip: string): string {
  return procWord(ip.split('.').reduce((word, octet) => word * 256 + Number(octet), 0));
}

function procWord(word: number): string {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(word);
  if (endianness() === 'LE') buffer.reverse();
  return buffer.toString('hex').toUpperCase();
}
