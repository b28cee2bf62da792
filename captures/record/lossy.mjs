// A slow link whose queue overflows, seen from both of its ends; and a recording that itself lost packets.

import { inTurn } from './support/lab.mjs';
import { pcapBytes, readPcap, seededRandom, tcpPayload } from './support/pcap.mjs';
import { noise, prose } from './support/material.mjs';
import { tshark } from './support/check.mjs';
import { fileURLToPath } from 'node:url';

const SERVER = '192.0.2.10';
const visitRows = {
  connections: 3,
  requests: { GET: 6 },
  responses: { 101: 1, 200: 4, 404: 1 },
  frames: { text: 41, binary: 2, close: 2 },
};
const STORY = `a 30,000-byte file, a page as chunked gzip, a 404 and a text on one connection, a 20,000-byte file on another, and a
WebSocket feed of 40 messages, two of them 12,000 bytes`;

/** Captures must show what they are for. */
const shows = (filter) => (path) => ((tshark(path, filter)?.length ?? 1) > 0 ? [] : [`nothing matches ${filter}`]);

export const captures = [
  {
    scenario: 'lossy',
    file: 'lossy.sender.pcap',
    about: `Real loss: ${STORY}, over a 6 Mbit/s link whose short queue drops what overflows. Seen where the server sends:
each lost segment is there twice, the first copy and its retransmission.`,
    made: 'nginx, ws 8 and curl in two network namespaces, tc tbf between them; tcpdump at the server',
    expect: visitRows,
    verify: shows('tcp.analysis.retransmission'),
  },
  {
    scenario: 'lossy',
    file: 'lossy.receiver.pcap',
    about: `The same packets where the client receives them: holes that later segments fill.`,
    made: 'as lossy.sender.pcap; tcpdump at the client',
    expect: visitRows,
    verify: shows('tcp.analysis.lost_segment || tcp.analysis.out_of_order || tcp.analysis.retransmission'),
  },
  {
    scenario: 'lossy',
    file: 'lossy.recorder.pcap',
    about: `The same visit over a good link, as a recorder would have it that loses about one full segment in eight for good (never one that
starts with a message head), records some packets twice and swaps neighbours: bodies, chunk framing and one WebSocket
message have holes.`,
    made: 'nginx, ws 8 and curl in two network namespaces, tcpdump; the script dropped, doubled and reordered packets, seed 21',
    expect: visitRows,
    tshark: null,
    tsharkNote: 'what stands behind a hole is mostly not shown',
    verify: shows('tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment'),
  },
];

const CONFIG = (root) => `
  server { listen ${SERVER}:80; server_name far.example; root ${root}; gzip on; gzip_min_length 100; }
`;

export async function record(lab) {
  const server = await lab.host('server', { addresses: [`${SERVER}/24`] });
  const near = await lab.host('near', { addresses: ['192.0.2.77/24'] });
  const far = await lab.host('far', { addresses: ['198.51.100.7/24'], rate: '6mbit', queue: 12_000 });
  lab.file('site/index.html', `<title>Far</title>\n<pre>\n${prose(40_000, 17)}</pre>\n`);
  lab.file('site/archive.bin', noise(30_000, 18));
  lab.file('site/picture.bin', noise(20_000, 19));
  lab.file('site/text.txt', prose(3000, 20));
  await lab.nginx(CONFIG(`${lab.temp}/site`), { host: server });
  await server.start(process.execPath, [program('feed-server'), SERVER, '8080']).printed(/listening/);
  await recordLoss(lab, server, far);
  await recordClean(lab, server, near);
}

async function recordLoss(lab, server, far) {
  const filter = 'tcp port 80 or tcp port 8080';
  const sent = await server.capture({ filter });
  const received = await far.capture({ filter });
  await visit(lab, far);
  lab.keep(await sent.stop(), 'lossy.sender.pcap');
  lab.keep(await received.stop(), 'lossy.receiver.pcap');
}

async function recordClean(lab, server, near) {
  const capture = await server.capture({ filter: 'tcp port 80 or tcp port 8080' });
  await visit(lab, near);
  lab.write('lossy.recorder.pcap', pcapBytes(worsened(readPcap(await capture.stop()), 21)));
}

async function visit(lab, host) {
  const site = ['--resolve', `far.example:80:${SERVER}`, '-o', 'body'];
  const url = (path) => `http://far.example${path}`;
  const requests = [[url('/archive.bin')], ['--compressed', url('/')], [url('/missing')], [url('/text.txt')]];
  await lab.curl(inTurn(site, requests), { host });
  await lab.curl([...site, url('/picture.bin')], { host });
  await host.run(process.execPath, [program('feed-client'), `ws://${SERVER}:8080/feed`]);
}

function program(name) {
  return fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
}

/** Drops some full segments that start no message, doubles some packets, and swaps some with the packet after. */
function worsened(capture, seed) {
  const random = seededRandom(seed);
  const packets = [];
  for (const packet of capture.packets) {
    const { start, end } = tcpPayload(packet.data);
    const full = end - start >= 1400 && !startsMessage(packet.data, start);
    const fate = end > start ? random() : 1;
    if (full && fate < 0.12) continue;
    packets.push(packet);
    if (fate > 0.2 && fate < 0.25) packets.push(packet);
    if (fate > 0.3 && fate < 0.36 && packets.length > 1) packets.splice(-2, 0, packets.pop());
  }
  return { ...capture, packets: inTimeOrder(packets) };
}

/** A status line, or the header of one of the feed's charts. */
function startsMessage(data, start) {
  return data.toString('latin1', start, start + 5) === 'HTTP/' || data.readUInt16BE(start) === 0x827e;
}

/** Each packet with its own time, or that of the one before it: a recorder's clock does not run backwards. */
function inTimeOrder(packets) {
  let last = packets[0];
  return packets.map((packet) => {
    const earlier =
      packet.seconds < last.seconds || (packet.seconds === last.seconds && packet.fraction < last.fraction);
    last = earlier ? { ...packet, seconds: last.seconds, fraction: last.fraction } : packet;
    return last;
  });
}
