/** AES-GCM by way of the engine gives what a cipher object gives, for every length, order and damage. */
import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Aead } from '../../../src/decode/tls/aead.ts';
import { AesGcm } from '../../../src/decode/tls/aes-gcm.ts';
import { cipherSuite, type CipherSuite } from '../../../src/decode/tls/cipher-suite.ts';
import { gcmEngine, longestShort } from '../../../src/decode/tls/gcm-engine.ts';
import type { RecordProtection } from '../../../src/decode/tls/record-protection.ts';
import { writeSequence } from '../../../src/decode/tls/sequence.ts';

const bytes = (length: number, seed: number): Buffer => {
  let state = seed + 1;
  return Buffer.from(Array.from({ length }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24));
};

class Sealer {
  readonly suite: CipherSuite;
  readonly is13: boolean;
  readonly key: Buffer;
  readonly iv: Buffer;

  constructor(id: number, is13: boolean) {
    this.suite = cipherSuite(id)!;
    this.is13 = is13;
    this.key = bytes(this.suite.keyLength, id);
    this.iv = bytes(is13 ? 12 : 4, id + 1);
  }

  opener(): AesGcm {
    return new AesGcm(this.suite, this.key, this.iv, this.is13);
  }

  /** @param explicit of TLS 1.2; the sequence number where nothing is said */
  seal(sequence: number, content: Buffer, explicit?: Buffer): Buffer {
    const number = Buffer.alloc(8);
    writeSequence(sequence, number, 0);
    const sent = explicit ?? number;
    const nonce = this.is13 ? Buffer.from(this.iv) : Buffer.concat([this.iv, sent]);
    if (this.is13) for (let i = 0; i < 8; i++) nonce[4 + i]! ^= number[i]!;
    const plain = this.is13 ? Buffer.concat([content, Buffer.from([23])]) : content;
    const length = plain.length + 16 + (this.is13 ? 0 : 8);
    const header = Buffer.from([23, 3, 3, length >> 8, length & 0xff]);
    const covered = Buffer.concat([
      number,
      header.subarray(0, 3),
      Buffer.from([plain.length >> 8, plain.length & 0xff]),
    ]);
    const algorithm = `aes-${this.suite.keyLength * 8}-gcm` as const;
    const cipher = createCipheriv(algorithm as 'aes-128-gcm', this.key, nonce).setAAD(this.is13 ? header : covered);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([header, this.is13 ? Buffer.alloc(0) : sent, sealed, cipher.getAuthTag()]);
  }
}

function opened(by: RecordProtection, sequence: number, record: Buffer): Buffer | null {
  const around = Buffer.concat([Buffer.from([1, 2, 3]), record, Buffer.from([4])]);
  if (!by.open(sequence, around, 3, 3 + record.length)) return null;
  return Buffer.from(by.plain.subarray(by.plainStart, by.plainEnd));
}

/** Past the first records, which cipher objects open. */
function warm(sealer: Sealer): AesGcm {
  const opener = sealer.opener();
  for (let n = 0; n < 3; n++) expect(opened(opener, n, sealer.seal(n, bytes(9, n)))).toEqual(bytes(9, n));
  return opener;
}

test('this machine has an engine', () => expect(gcmEngine()).not.toBeNull());

describe.each([
  ['TLS 1.3 AES-128', 0x1301, true],
  ['TLS 1.3 AES-256', 0x1302, true],
  ['TLS 1.2 AES-128', 0xc02f, false],
  ['TLS 1.2 AES-256', 0xc030, false],
])('%s', (_name, id, is13) => {
  const sealer = new Sealer(id, is13);

  test('every length', () => {
    const opener = sealer.opener();
    let sequence = 0;
    for (let length = 0; length < longestShort + 40; length += length < 300 ? 1 : 17) {
      const content = bytes(length, length);
      expect(opened(opener, sequence, sealer.seal(sequence, content))).toEqual(content);
      sequence++;
    }
  });

  test('lengths that change', () => {
    const opener = sealer.opener();
    for (let sequence = 0; sequence < 600; sequence++) {
      const content = bytes((Math.imul(sequence, 2_654_435_761) >>> 8) % (sequence % 7 === 0 ? 3000 : 200), sequence);
      expect(opened(opener, sequence, sealer.seal(sequence, content))).toEqual(content);
    }
  });

  test('numbers that jump, and those over 32 bits', () => {
    const opener = warm(sealer);
    const numbers = [3, 4, 5, 9, 2, 7, 8, 100, 0, 1, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001, 0x1ffffffff];
    for (const sequence of numbers) {
      const content = bytes(40, sequence % 1000);
      expect(opened(opener, sequence, sealer.seal(sequence, content))).toEqual(content);
    }
  });

  test('a change of any byte is found', () => {
    const opener = warm(sealer);
    const record = sealer.seal(3, bytes(50, 1));
    for (let at = 5; at < record.length; at++) {
      const damaged = Buffer.from(record);
      damaged[at]! ^= 1 << (at & 7);
      expect(opened(opener, 3, damaged)).toBeNull();
    }
    const other = Buffer.from(record);
    other[2] = 1;
    expect(opened(opener, 3, other)).toBeNull();
    expect(opened(opener, 4, record)).toBeNull();
    expect(opened(opener, 3, record)).toEqual(bytes(50, 1));
  });

  test('other keys do not open it', () => {
    const other = warm(new Sealer(id === 0x1301 ? 0x1302 : 0x1301, true));
    expect(opened(other, 3, sealer.seal(3, bytes(50, 1)))).toBeNull();
  });

  test('no content, or too little for a tag', () => {
    const opener = warm(sealer);
    expect(opened(opener, 3, sealer.seal(3, Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
    for (let length = 0; length < (is13 ? 16 : 24); length++) {
      expect(opened(opener, 4, Buffer.concat([Buffer.from([23, 3, 3, 0, length]), Buffer.alloc(length)]))).toBeNull();
    }
  });
});

test('TLS 1.2 with nonces at random', () => {
  const sealer = new Sealer(0xc02f, false);
  const opener = sealer.opener();
  for (let sequence = 0; sequence < 50; sequence++) {
    const record = sealer.seal(sequence, bytes(sequence * 3, sequence), bytes(8, sequence + 77));
    expect(opened(opener, sequence, record)).toEqual(bytes(sequence * 3, sequence));
  }
});

test('more keys than slots, by turns', () => {
  const openers = Array.from({ length: 700 }, (_, n) => {
    const sealer = new Sealer(n % 2 === 0 ? 0x1301 : 0x1302, true);
    sealer.key.writeUInt32BE(n, 0);
    return { sealer, opener: sealer.opener() };
  });
  for (let sequence = 0; sequence < 6; sequence++) {
    for (const [n, { sealer, opener }] of openers.entries()) {
      const content = bytes(30 + (n % 50), n + sequence);
      expect(opened(opener, sequence, sealer.seal(sequence, content))).toEqual(content);
    }
  }
});

test('while plaintext is read, others do not overwrite it', () => {
  const [outer, inner] = [new Sealer(0x1301, true), new Sealer(0x1302, true)];
  const [first, second] = [warm(outer), warm(inner)];
  const engine = gcmEngine()!;
  const content = bytes(200, 5);
  const record = outer.seal(3, content);
  expect(first.open(3, record, 0, record.length)).toBe(true);
  engine.busy = true;
  expect(opened(second, 3, inner.seal(3, bytes(300, 6)))).toEqual(bytes(300, 6));
  engine.busy = false;
  expect(Buffer.from(first.plain.subarray(first.plainStart, first.plainEnd))).toEqual(content);
});

test('a cipher object says the same of random damage', () => {
  const sealer = new Sealer(0x1301, true);
  const quick = warm(sealer);
  const slow = new Aead(sealer.suite, sealer.key, sealer.iv, true);
  for (let n = 0; n < 2000; n++) {
    const record = sealer.seal(n, bytes(n % 90, n));
    if (n % 3 === 0) record[5 + (Math.imul(n, 7919) % (record.length - 5))]! ^= (n % 255) + 1;
    const sequence = n % 5 === 0 ? n + 1 : n;
    expect(opened(quick, sequence, record)).toEqual(opened(slow, sequence, record));
  }
});
