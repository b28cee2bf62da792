// Certificates and key logs for recorded programs, and pcapng files that carry their secrets with them.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRETS_BLOCK = 0x0000000a;
const INTERFACE_DESCRIPTION = 0x00000001;
const NSS_KEY_LOG = 0x544c534b;

/** A certificate signed by itself, for these names; paths of key and certificate. */
export async function selfSigned(lab, names, { days = 3650, kind = 'rsa:2048' } = {}) {
  const [key, cert] = [join(lab.temp, `${names[0]}.key`), join(lab.temp, `${names[0]}.crt`)];
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  const request = ['req', '-x509', '-newkey', kind, '-nodes', '-days', String(days), '-subj', `/CN=${names[0]}`];
  await lab.run('openssl', [...request, '-addext', alternatives, '-keyout', key, '-out', cert]);
  return { key, cert };
}

/** What the programs have logged so far: the lines, without comments. */
export function keyLogOf(path) {
  if (!existsSync(path)) return '';
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => /^(CLIENT|SERVER)_(RANDOM|HANDSHAKE|TRAFFIC|EARLY)/.test(line)).join('\n') + '\n';
}

/** A little-endian pcapng with a secrets block behind its first interface description. */
export function withSecrets(file, keyLog) {
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    if (file.readUInt32LE(at) !== INTERFACE_DESCRIPTION) continue;
    const behind = at + file.readUInt32LE(at + 4);
    return Buffer.concat([file.subarray(0, behind), secretsBlock(keyLog), file.subarray(behind)]);
  }
  throw new Error('a pcapng without an interface');
}

function secretsBlock(keyLog) {
  const data = Buffer.from(keyLog);
  const block = Buffer.alloc(20 + ((data.length + 3) & ~3));
  block.writeUInt32LE(SECRETS_BLOCK, 0);
  block.writeUInt32LE(block.length, 4);
  block.writeUInt32LE(NSS_KEY_LOG, 8);
  block.writeUInt32LE(data.length, 12);
  data.copy(block, 16);
  block.writeUInt32LE(block.length, block.length - 4);
  return block;
}

/** The packets of a little-endian pcapng that `keep(number)` wants, from 1; other blocks stay. */
export function withPackets(file, keep) {
  const blocks = [];
  let number = 0;
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    const block = file.subarray(at, at + file.readUInt32LE(at + 4));
    if (block.readUInt32LE(0) !== 0x00000006 || keep(++number)) blocks.push(block);
  }
  return Buffer.concat(blocks);
}

/** One packet's block, from 1, in place. */
export function packetOf(file, wanted) {
  let number = 0;
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    if (file.readUInt32LE(at) === 0x00000006 && ++number === wanted)
      return file.subarray(at, at + file.readUInt32LE(at + 4));
  }
  throw new Error(`there is no packet ${wanted}`);
}
