/** tshark as a second opinion on the packets of `headers.ts`: it finds the same segment in each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { pcap } from '../../support/captures.ts';
import { wrapped, wrapped6 } from './headers.ts';
import { tsharkIsThere, tsharkSegments } from './tshark.ts';

/** What tshark does not look into. */
const notSeen: readonly string[] = [
  // Its link types are unknown to it, or their frames need a checksum, or its table of address families is BSD's.
  'PPP of pppd',
  'Cisco HDLC with direction',
  'frame relay with direction',
  'MPLS',
  'Ethernet mPacket',
  'NULL, Linux',
  // It guesses what is below the labels, but only from addresses of makers it knows.
  'Ethernet, MPLS, pseudowire with control word',
  'Ethernet, MPLS, pseudowire',
  'Ethernet, MPLS, pseudowire, an address like a control word',
  'Ethernet, MPLS, pseudowire, an address like IPv4',
  'Ethernet, EtherType IPv6 by mistake',
  'ERSPAN III, IP',
  'VXLAN-GPE without a protocol',
  'VXLAN on Linux\u2019s port',
  // It ends at a mobility header, wants jumbo payloads to be large, and stumbles over a payload length of 0.
  'a mobility header',
  'a jumbo payload',
  'payload length 0',
];

const folder = mkdtempSync(join(tmpdir(), 'headers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const all = [...wrapped, ...wrapped6];

describe.skipIf(!tsharkIsThere)('tshark finds the segment in', () => {
  test.each([...new Set(all.map(([, linkType]) => linkType))])('link type %i', async (linkType) => {
    const packets = all.filter(([, type]) => type === linkType);
    const path = join(folder, `${linkType}.pcap`);
    writeFileSync(path, pcap({ linkType, packets: packets.map(([, , bytes]) => ({ bytes })) }));
    const rows = await tsharkSegments(path);
    const found = packets.flatMap(([name], i) => (rows.includes(`${i + 1} 40000 80 7 3`) ? [name] : []));
    expect(found).toEqual(packets.map(([name]) => name).filter((name) => !notSeen.includes(name)));
  });
});
