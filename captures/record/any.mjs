// One visit over IPv4 and IPv6, recorded on the `any` interface and on loopback at once.

import { inTurn } from './support/lab.mjs';
import { pcapBytes, readPcap, withoutEthernet } from './support/pcap.mjs';
import { prose } from './support/material.mjs';

const expect = { connections: 4, requests: { GET: 5, POST: 1 }, responses: { 200: 4, 404: 1, 405: 1 } };

export const captures = [
  {
    scenario: 'any',
    file: 'any.sll2.pcap',
    about: `A short visit to nginx over IPv4 and IPv6, recorded on all interfaces at once: Linux cooked capture, version 2.`,
    made: 'nginx and curl on loopback, tcpdump -i any',
    expect,
  },
  {
    scenario: 'any',
    file: 'any.raw-ip.pcap',
    about: `The same visit as in any.sll2.pcap as bare IP packets, IPv4 and IPv6 mixed.`,
    made: 'nginx and curl on loopback, tcpdump; the script cut the Ethernet headers off',
    expect,
  },
];

const CONFIG = (root) => `
  server { listen 127.0.0.1:80; listen [::1]:80; server_name any.example; root ${root}; gzip on; gzip_min_length 100; }
`;

export async function record(lab) {
  await lab.loopback({ mtu: 1500 });
  lab.file('site/index.html', `<title>Any</title>\n<pre>\n${prose(3000, 14)}</pre>\n`);
  await lab.nginx(CONFIG(`${lab.temp}/site`));
  const cooked = await lab.capture({ interface: 'any', filter: 'tcp port 80' });
  const plain = await lab.capture({ filter: 'tcp port 80' });
  await lab.curl(['http://127.0.0.1/']);
  await lab.curl(['--compressed', 'http://[::1]/']);
  await lab.curl(inTurn([], [['http://127.0.0.1/missing'], ['--data', 'a=1', 'http://127.0.0.1/']]));
  await lab.curl(inTurn([], [['http://[::1]/'], ['http://[::1]/']]));
  lab.keep(await cooked.stop(), 'any.sll2.pcap');
  lab.write('any.raw-ip.pcap', pcapBytes(withoutEthernet(readPcap(await plain.stop()))));
}
