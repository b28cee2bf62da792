// IP fragments made by a router with a narrow link, and packets cut by the snapshot length.

import { inTurn } from './support/lab.mjs';
import { prose } from './support/material.mjs';
import { tshark } from './support/check.mjs';

const expect = { connections: 2, requests: { GET: 2, POST: 1 }, responses: { 200: 2, 405: 1 } };

export const captures = [
  {
    scenario: 'fragments',
    file: 'ip-fragments.pcap',
    about: `curl fetches a page and a text through a router whose link to the client takes 800 bytes, from a server that allows
fragmentation; every full segment arrives as two IPv4 fragments.`,
    made: 'nginx and curl in two network namespaces, the lab routing between them; tcpdump at the client',
    expect,
    verify: (path) => ((tshark(path, 'ip.flags.mf == 1')?.length ?? 1) > 0 ? [] : ['no fragments']),
  },
  {
    scenario: 'fragments',
    file: 'snaplen-200.pcap',
    about: `The same exchanges at the server's end, recorded with a snapshot length of 200: heads may be whole, full segments never are.`,
    made: 'nginx and curl in two network namespaces, tcpdump -s 200 at the server',
    expect,
  },
];

const CONFIG = (root) =>
  `server { listen 192.0.2.10:80; server_name narrow.example; root ${root}; server_tokens off; }`;

export async function record(lab) {
  const server = await lab.host('server', { addresses: ['192.0.2.10/24'], gateway: '192.0.2.1/24' });
  const client = await lab.host('client', { addresses: ['198.51.100.7/24'], gateway: '198.51.100.1/24', mtu: 800 });
  await lab.run('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
  await server.run('sysctl', ['-q', '-w', 'net.ipv4.ip_no_pmtu_disc=1']);
  lab.file('site/index.html', `<title>Narrow</title>\n<pre>\n${prose(9000, 15)}</pre>\n`);
  lab.file('site/text.txt', prose(5000, 16));
  await lab.nginx(CONFIG(`${lab.temp}/site`), { host: server });
  const fragments = await client.capture({ filter: 'ip' });
  const cut = await server.capture({ filter: 'tcp port 80', snaplen: 200 });
  const site = ['--resolve', 'narrow.example:80:192.0.2.10'];
  const form = ['--data', `text=${'long '.repeat(100)}`];
  await lab.curl([...site, 'http://narrow.example/'], { host: client });
  const requests = [['http://narrow.example/text.txt'], [...form, 'http://narrow.example/']];
  await lab.curl(inTurn(site, requests), { host: client });
  lab.keep(await fragments.stop(), 'ip-fragments.pcap');
  lab.keep(await cut.stop(), 'snaplen-200.pcap');
}
