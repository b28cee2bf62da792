/** Every violation of RFC 6455 and 7692 in the hostile captures, by the request's path: what is found, and in which packet. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { analyze } from '../../../src/index.ts';

/** By path: `packet code`, notes among them. */
async function found(name: string): Promise<Record<string, string[]>> {
  const paths = new Map<number, string>();
  const codes = new Map<number, string[]>();
  for await (const record of analyze(fileURLToPath(new URL(`../../../captures/${name}`, import.meta.url)))) {
    if (record.type === 'exchange' && record.request !== null) paths.set(record.connection, record.request.target);
    if (record.type !== 'diagnostic' || record.connection === undefined || record.packet === undefined) continue;
    codes.set(record.connection, [...(codes.get(record.connection) ?? []), `${record.packet} ${record.code}`]);
  }
  return Object.fromEntries([...paths].map(([connection, path]) => [path.slice(1), codes.get(connection) ?? []]));
}

test('handshakes and conversations', async () => {
  expect(await found('websocket-rogue.pcap')).toEqual({
    post: ['4 websocket.bad-request'],
    'http-1.0': ['18 websocket.bad-request'],
    'no-host': ['32 http.missing-host', '32 websocket.bad-request'],
    'no-upgrade': ['46 websocket.bad-request', '46 upgrade.hop-by-hop-lost'],
    'no-connection': ['60 websocket.bad-request', '60 upgrade.hop-by-hop-lost'],
    'connection-keep-alive': ['74 websocket.bad-request', '74 upgrade.hop-by-hop-lost'],
    'no-key': ['88 websocket.bad-key', '90 websocket.accept-mismatch'],
    'short-key': ['102 websocket.bad-key'],
    'two-keys': ['116 websocket.bad-key', '118 websocket.accept-mismatch'],
    'version-8': ['130 websocket.bad-version'],
    'two-versions': ['144 websocket.bad-version'],
    'unasked-101': ['160 upgrade.unasked'],
    '101-with-body': ['174 http.framing-without-content'],
    'two-accepts': ['188 websocket.accept-mismatch'],
    'two-subprotocols': ['202 websocket.subprotocol-not-offered'],
    'window-not-offered': ['216 websocket.deflate-parameters'],
    'takeover-not-granted': ['230 websocket.deflate-parameters'],
    'parameter-unknown': ['244 websocket.deflate-parameters'],
    'takeover-declined': ['260 websocket.corrupt-deflate'],
    'same-keys': ['276 websocket.repeated-masking-key'],
    'zero-keys': ['292 websocket.zero-masking-key'],
    'ping-unanswered': ['308 websocket.ping-unanswered'],
    'code-not-echoed': ['326 websocket.close-code-not-echoed'],
    'close-unanswered': ['339 websocket.close-unanswered'],
    'no-close': ['350 websocket.ended-without-close'],
    'client-closes-first': ['361 websocket.client-closed-first'],
    lawful: [],
  });
});

test('frames', async () => {
  expect(await found('websocket-hostile.pcap')).toEqual({
    'unmasked-client-frame': ['8 websocket.unmasked-client-frame', '9 websocket.close-unanswered'],
    'masked-server-frame': ['21 websocket.masked-server-frame', '20 websocket.close-unanswered'],
    'rsv1-without-extension': ['32 websocket.reserved-bits', '33 websocket.close-unanswered'],
    rsv2: ['44 websocket.reserved-bits', '45 websocket.close-unanswered'],
    'rsv3-from-server': ['57 websocket.reserved-bits', '56 websocket.close-unanswered'],
    'unknown-opcode-3': ['68 websocket.unassigned-opcode', '69 websocket.close-unanswered'],
    'unknown-opcode-11': ['81 websocket.unassigned-opcode', '80 websocket.close-unanswered'],
    'fragmented-ping': ['92 websocket.fragmented-control', '93 websocket.close-unanswered'],
    'oversized-ping': ['104 websocket.long-control', '105 websocket.close-unanswered'],
    'oversized-close': ['117 websocket.long-control', '116 websocket.client-closed-first'],
    'length-16-not-minimal': ['128 websocket.length-not-minimal', '129 websocket.close-unanswered'],
    'length-64-not-minimal': ['141 websocket.length-not-minimal', '140 websocket.close-unanswered'],
    'length-64-top-bit': ['152 websocket.length-top-bit', '154 websocket.cut-frame', '153 websocket.close-unanswered'],
    'bad-utf8': ['164 websocket.invalid-utf8', '165 websocket.close-unanswered'],
    'utf8-surrogate': ['176 websocket.invalid-utf8', '177 websocket.close-unanswered'],
    'utf8-cut-at-end': ['189 websocket.invalid-utf8', '188 websocket.close-unanswered'],
    'utf8-good-across-fragments': ['201 websocket.close-unanswered'],
    'utf8-bad-in-second-fragment': ['212 websocket.invalid-utf8', '213 websocket.close-unanswered'],
    'continuation-without-start': ['224 websocket.continuation-without-start', '225 websocket.close-unanswered'],
    'new-message-inside-fragments': [
      '236 websocket.interrupted-message',
      '236 websocket.continuation-without-start',
      '236 websocket.repeated-masking-key',
      '237 websocket.close-unanswered',
    ],
    'close-length-1': ['248 websocket.short-close-body', '248 websocket.client-closed-first'],
    'close-code-999': [
      '260 websocket.invalid-close-code',
      '261 websocket.close-code-not-echoed',
      '260 websocket.client-closed-first',
    ],
    'close-code-1004': [
      '272 websocket.invalid-close-code',
      '273 websocket.close-code-not-echoed',
      '272 websocket.client-closed-first',
    ],
    'close-code-1005': [
      '285 websocket.close-code-not-echoed',
      '285 websocket.invalid-close-code',
      '284 websocket.client-closed-first',
    ],
    'close-code-1006': [
      '296 websocket.invalid-close-code',
      '297 websocket.close-code-not-echoed',
      '296 websocket.client-closed-first',
    ],
    'close-code-1015': [
      '309 websocket.close-code-not-echoed',
      '309 websocket.invalid-close-code',
      '308 websocket.client-closed-first',
    ],
    'close-code-2999': [
      '320 websocket.invalid-close-code',
      '321 websocket.close-code-not-echoed',
      '320 websocket.client-closed-first',
    ],
    'close-code-5000': [
      '332 websocket.invalid-close-code',
      '333 websocket.close-code-not-echoed',
      '332 websocket.client-closed-first',
    ],
    'close-reason-bad-utf8': ['344 websocket.invalid-utf8', '344 websocket.client-closed-first'],
    'data-after-close': ['356 websocket.data-after-close', '356 websocket.client-closed-first'],
    'two-closes': ['369 websocket.data-after-close', '368 websocket.client-closed-first'],
    'pong-without-ping': ['380 websocket.unsolicited-pong', '381 websocket.close-unanswered'],
    'deflate-garbage': [
      '392 websocket.corrupt-deflate',
      '392 websocket.deflate-context-lost',
      '393 websocket.close-unanswered',
    ],
    'rsv1-on-continuation': ['404 websocket.misplaced-rsv1', '405 websocket.close-unanswered'],
    'rsv1-on-ping': ['416 websocket.misplaced-rsv1', '417 websocket.close-unanswered'],
    'frame-cut-by-fin': ['430 websocket.cut-frame', '429 websocket.close-unanswered'],
    'header-cut-by-fin': ['442 websocket.cut-frame', '441 websocket.close-unanswered'],
    'wrong-accept': ['450 websocket.accept-mismatch'],
  });
});
