/**
 * Finds a record's sequence number after missing bytes, by trying: as many records are missing as fit into those bytes, and
 * a record opens under one number only. Keys may have changed meanwhile; those that may follow are tried too.
 */
import type { Half } from './half.ts';
import { Epoch, type Handshake } from './handshake.ts';
import { nextTrafficSecret } from './key-derivation.ts';
import { headerLength, longestFragment } from './numbers.ts';
import type { RecordProtection } from './record-protection.ts';

/** Numbers tried for one record and one set of keys, and in all until a search succeeds. */
const triesPerRecord = 512;
const triesInVain = 20_000;

export class SequenceSearch {
  /** Records that are missing, after a search that found them. */
  lost = 0;
  private triesLeft = triesInVain;

  find13(half: Half, handshake: Handshake, data: Uint8Array, start: number, end: number, missing: number): boolean {
    const current = half.protection;
    if (current !== null && this.tryKeys(current, half.sequence, true, data, start, end, missing)) {
      half.sequence += this.lost;
      return true;
    }
    if (handshake.server === null) return false;
    for (let epoch: number = current === null ? half.epoch : half.epoch + 1; epoch <= Epoch.application; epoch++) {
      const secret = handshake.trafficSecret(half.side, epoch as Epoch);
      if (secret !== null && this.tryNew(half, handshake, epoch as Epoch, secret, data, start, end, missing))
        return true;
    }
    if (half.epoch !== Epoch.application || half.secret === null || handshake.suite === undefined) return false;
    const next = nextTrafficSecret(handshake.suite, half.secret);
    return this.tryNew(half, handshake, Epoch.application, next, data, start, end, missing);
  }

  findOld(half: Half, handshake: Handshake, data: Uint8Array, start: number, end: number, missing: number): boolean {
    if (half.changed) {
      const keys = (half.protection ??= half.inForce?.protection12(half.side) ?? null);
      if (keys !== null && this.tryChained(keys, half.sequence, true, data, start, end, missing)) {
        half.sequence += this.lost;
        return true;
      }
      if (keys !== null && !keys.seeks && keys.blockLength === 1) half.shut = true;
    }
    if (half.changed && half.inForce === handshake) return false;
    // The change of keys is among what is missing.
    const keys = handshake.protection12(half.side);
    if (keys === null || !this.tryChained(keys, 0, false, data, start, end, missing)) return false;
    half.change(handshake);
    half.protection = keys;
    half.sequence = this.lost;
    return true;
  }

  private tryNew(
    half: Half,
    handshake: Handshake,
    epoch: Epoch,
    secret: Buffer,
    data: Uint8Array,
    start: number,
    end: number,
    missing: number,
  ): boolean {
    const keys = handshake.protection13(secret);
    if (keys === null || !this.tryKeys(keys, 0, false, data, start, end, missing)) return false;
    half.enter(epoch, secret, keys, this.lost);
    return true;
  }

  /** As `tryKeys`; what stands before the record is the end of another, which TLS 1.0 goes on from. */
  private tryChained(
    keys: RecordProtection,
    from: number,
    all: boolean,
    data: Uint8Array,
    start: number,
    end: number,
    missing: number,
  ): boolean {
    if (!keys.seeks) keys.passOver(data, start, start);
    return this.tryKeys(keys, from, all, data, start, end, missing);
  }

  /** @param all the missing records were all under these keys; else any number of them was */
  private tryKeys(
    keys: RecordProtection,
    from: number,
    all: boolean,
    data: Uint8Array,
    start: number,
    end: number,
    missing: number,
  ): boolean {
    const most = Math.floor(missing / (headerLength + keys.leastOverhead));
    const least = all ? Math.ceil(missing / (headerLength + longestFragment)) : 0;
    const last = Math.min(most, least + triesPerRecord - 1);
    for (let lost = least; lost <= last && this.triesLeft > 0; lost++) {
      this.triesLeft--;
      if (!keys.open(from + lost, data, start, end)) continue;
      this.lost = lost;
      this.triesLeft = triesInVain;
      // It is opened again when it is read.
      if (!keys.seeks) keys.passOver(data, start, start);
      return true;
    }
    return false;
  }
}
