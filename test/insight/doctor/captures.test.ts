/** What the doctor says of recorded traffic: everything that is wrong, in its packet, and nothing of what is well. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findings } from '../../../src/core/findings.ts';
import { analyze } from '../../../src/index.ts';

async function told(name: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const record of analyze(fileURLToPath(new URL(`../../../captures/${name}`, import.meta.url)))) {
    if (record.type !== 'diagnostic' || !(record.code in findings) || record.severity === 'note') continue;
    lines.push(`${record.packet ?? '-'} ${record.code}`);
  }
  return lines.sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
}

test.each([
  'browser.pcapng.gz',
  'codings.pcap',
  'http-old.pcap',
  'ipv6.nanoseconds.pcap',
  'lossy.receiver.pcap',
  'lossy.recorder.pcap',
  'lossy.sender.pcap',
  'midstream.pcap',
  'open-end.pcapng',
  'pipelining.pcap',
  'polling.pcap',
  'proxy-passes-upgrade.pcap',
  'rest.big-endian.pcap',
  'websocket-deflate.pcapng',
  'binary-subprotocols.pcap',
  'conditional.pcap',
  'grpc.pcap',
  'http2-nghttp.pcap',
  'https.pcapng',
  'keep-alive.pcap.zst',
  'tls-browser.pcapng.gz',
  'tls-suites.pcapng',
  'wss.pcapng',
])('%s is well', async (name) => {
  expect(await told(name)).toEqual([]);
});

test.each([
  ['demo.pcapng', ['221 security.credentials-in-clear']],
  // nginx sends no Allow with its 405, and curl asked again at once; the Retry-After of its 200 means nothing.
  ['nginx.pcap', ['http.retry-too-soon', 'security.credentials-in-clear', 'http.method-not-allowed-without-allow']],
  ['redirects.pcap', ['http.redirect-loop', 'http.redirect-without-location']],
  ['rate-limit.pcap', ['http.retry-too-soon']],
  ['proxy-drops-upgrade.pcap', [...Array<string>(3).fill('upgrade.hop-by-hop-lost'), ...Array<string>(3).fill('upgrade.lost-on-the-way')]], // prettier-ignore
  // The MQTT broker aedes resets a connection that its client closes.
  ['subprotocols.pcap', ['websocket.close-unanswered']],
  ['reset.pcap', ['websocket.ended-without-close']],
  ['websocket.pcap', ['websocket.ended-without-close', 'websocket.ended-without-close']],
])('%s', async (name, expected) => {
  const codes = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^\d+ /, '')).sort();
  expect(codes(await told(name))).toEqual(codes(expected));
});
