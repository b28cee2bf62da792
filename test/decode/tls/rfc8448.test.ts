/** The traces of RFC 8448 section 3 (simple 1-RTT handshake), byte for byte: keys from secrets, records opened with them. */
import { expect, test } from 'vitest';
import { client, server, type Side } from '../../../src/core/side.ts';
import { cipherSuite } from '../../../src/decode/tls/cipher-suite.ts';
import { trafficKeys } from '../../../src/decode/tls/key-derivation.ts';
import { Decoding, cutEvery } from './decoding.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

const random = 'cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7';
const secrets = {
  CLIENT_HANDSHAKE_TRAFFIC_SECRET: 'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21',
  SERVER_HANDSHAKE_TRAFFIC_SECRET: 'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38',
  CLIENT_TRAFFIC_SECRET_0: '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5',
  SERVER_TRAFFIC_SECRET_0: 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643',
};

test.each([
  ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'dbfaa693d1762c5b666af5d950258d01', '5bd3c71b836e0b76bb73265f'],
  ['SERVER_HANDSHAKE_TRAFFIC_SECRET', '3fce516009c21727d0f2e4e86ee403bc', '5d313eb2671276ee13000b30'],
  ['CLIENT_TRAFFIC_SECRET_0', '17422dda596ed5d9acd890e3c63f5051', '5b78923dee08579033e523d9'],
  ['SERVER_TRAFFIC_SECRET_0', '9f02283b6c9c07efc26bb9f2ac92e356', 'cf782b88dd83549aadf1e984'],
] as const)('keys of %s', (label, key, iv) => {
  expect(trafficKeys(cipherSuite(0x1301)!, hex(secrets[label]))).toEqual({ key: hex(key), iv: hex(iv) });
});

const clientHello = hex(`
  16 03 01 00 c4 01 00 00 c0 03 03 cb 34 ec b1 e7 81 63 ba 1c 38 c6 da cb 19 6a 6d ff a2 1a 8d 99 12 ec 18 a2 ef 62 83
  02 4d ec e7 00 00 06 13 01 13 03 13 02 01 00 00 91 00 00 00 0b 00 09 00 00 06 73 65 72 76 65 72 ff 01 00 01 00 00 0a
  00 14 00 12 00 1d 00 17 00 18 00 19 01 00 01 01 01 02 01 03 01 04 00 23 00 00 00 33 00 26 00 24 00 1d 00 20 99 38 1d
  e5 60 e4 bd 43 d2 3d 8e 43 5a 7d ba fe b3 c0 6e 51 c1 3c ae 4d 54 13 69 1e 52 9a af 2c 00 2b 00 03 02 03 04 00 0d 00
  20 00 1e 04 03 05 03 06 03 02 03 08 04 08 05 08 06 04 01 05 01 06 01 02 01 04 02 05 02 06 02 02 02 00 2d 00 02 01 01
  00 1c 00 02 40 01`);
const serverHello = hex(`
  16 03 03 00 5a 02 00 00 56 03 03 a6 af 06 a4 12 18 60 dc 5e 6e 60 24 9c d3 4c 95 93 0c 8a c5 cb 14 34 da c1 55 77 2e
  d3 e2 69 28 00 13 01 00 00 2e 00 33 00 24 00 1d 00 20 c9 82 88 76 11 20 95 fe 66 76 2b db f7 c6 72 e1 56 d6 cc 25 3b
  83 3d f1 dd 69 b1 b0 4e 75 1f 0f 00 2b 00 02 03 04`);
const clientFinished = hex(`
  17 03 03 00 35 75 ec 4d c2 38 cc e6 0b 29 80 44 a7 1e 21 9c 56 cc 77 b0 51 7f e9 b9 3c 7a 4b fc 44 d8 7f 38 f8 03 38
  ac 98 fc 46 de b3 84 bd 1c ae ac ab 68 67 d7 26 c4 05 46`);
const clientData = hex(`
  17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b
  39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4`);
const serverData = hex(`
  17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25 d0 5f 82 aa 1b 36 e3 0e fa f9 7d 90 e6
  df fc 60 2d cb 50 1a 59 a8 fc c4 9c 4b f2 e5 f0 a2 1c 00 47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d`);
const clientClose = hex('17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3');
const serverClose = hex('17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9');

/** Without the server's encrypted handshake and ticket, which the trace has between these. */
const trace: [Side, Buffer][] = [
  [client, clientHello],
  [server, serverHello],
  [client, clientFinished],
  [client, clientData],
  [client, clientClose],
];

const keyLog = Object.entries(secrets)
  .map(([label, secret]) => `${label} ${random} ${secret}\n`)
  .join('');

test('the client side', () => {
  const said = Buffer.from(Array.from({ length: 50 }, (_, i) => i));
  const decoding = new Decoding(keyLog).play(
    trace.map(([side, data]) => ({ side, data })),
    cutEvery(11),
  );
  expect(decoding.out[client]).toEqual([said]);
  expect(decoding.ends).toEqual(['0 0']);
  // The ticket before it was number 0 under the application's keys.
  decoding.decoder.gap(server, 1000);
  decoding.play([
    { side: server, data: serverData },
    { side: server, data: serverClose },
  ]);
  expect(decoding.out[server]).toContainEqual(said);
  expect(decoding.ends).toEqual(['0 0', '1 0']);
  expect(decoding.decoder.facts).toMatchObject({ version: 'TLS 1.3', cipher: 'TLS_AES_128_GCM_SHA256', sni: 'server' });
});
