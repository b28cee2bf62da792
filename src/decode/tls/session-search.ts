/**
 * Half a handshake, and secrets: where one of the hellos was not captured (as where only one direction was), what it would
 * have said is found by trying. A record that opens proves the guess.
 *
 *   no ServerHello    TLS 1.3: one of the suites the client offered. Before, the server's random is needed.
 *   no ClientHello    one of the sessions in the key log, where there are not too many.
 *   another inside    the same (RFC 9849): its secrets stand under a random that is encrypted.
 */
import type { Secrets } from '../../core/secrets.ts';
import { cipherSuite } from './cipher-suite.ts';
import { emptyHello, type ClientHello } from './client-hello.ts';
import type { Half } from './half.ts';
import { Epoch, Handshake } from './handshake.ts';
import { Version } from './numbers.ts';
import type { ServerHello } from './server-hello.ts';

/** Sessions of a key log that are tried on one record: some 36 us each. */
export const mostSessions = 500;

/** Stands for a hello that was not captured: no secret is found for it. */
export const unknownHello: ClientHello = emptyHello();

/** High byte of the suites of TLS 1.3. */
const suites13 = 0x13;

/** As far as can be told of a ServerHello that nobody saw. */
function answerWith(cipher: number): ServerHello {
  return {
    version: Version.tls13,
    random: '',
    sessionId: '',
    cipher,
    compressed: false,
    isRetry: false,
    alpn: undefined,
    encryptThenMac: false,
    extendedMasterSecret: false,
    preSharedKey: false,
  };
}

/** The handshake whose keys open this record, the first of its side under them; null where none does. */
export function withoutServer(
  hello: ClientHello,
  secrets: Secrets,
  half: Half,
  data: Uint8Array,
  start: number,
  end: number,
): Handshake | null {
  for (const cipher of hello.ciphers) {
    const suite = cipherSuite(cipher);
    if (suite === undefined || cipher >>> 8 !== suites13) continue;
    const handshake = new Handshake(hello, secrets);
    handshake.answer(answerWith(cipher));
    if (opens(handshake, half, data, start, end)) return handshake;
  }
  return null;
}

/**
 * The handshake whose keys open this record, the first of its side under them; null where none does.
 *
 * @param hello what is known of the client
 */
export function withoutClient(
  hello: ClientHello,
  server: ServerHello,
  secrets: Secrets,
  half: Half,
  data: Uint8Array,
  start: number,
  end: number,
): Handshake | null {
  if (secrets.size > mostSessions) return null;
  for (const [random, session] of secrets.all) {
    if (session.used || !session.opensRecords) continue;
    if (secrets.guesses <= 0) return null;
    secrets.guesses--;
    const handshake = new Handshake({ ...hello, random }, secrets);
    handshake.answer(server);
    if (opens(handshake, half, data, start, end)) return handshake;
  }
  return null;
}

function opens(handshake: Handshake, half: Half, data: Uint8Array, start: number, end: number): boolean {
  if (!handshake.is13) return handshake.protection12(half.side)?.open(0, data, start, end) === true;
  for (let epoch: number = half.epoch; epoch <= Epoch.application; epoch++) {
    const secret = handshake.trafficSecret(half.side, epoch as Epoch);
    if (secret === null || secret.length !== handshake.hashLength) continue;
    if (handshake.protection13(secret)?.open(0, data, start, end) === true) return true;
  }
  return false;
}
