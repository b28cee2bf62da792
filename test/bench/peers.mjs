/** The programs to compare with, each with what it does of the work. One that is not installed is left out, by name. */
import { fileURLToPath } from 'node:url';
import { find } from './measure.mjs';

const fields =
  'frame.number frame.time_epoch tcp.stream ip.src tcp.srcport ip.dst tcp.dstport http.request.method http.host http.request.uri http.response.code http.request_in http.time websocket.fin websocket.opcode websocket.mask websocket.payload_length';

export const peers = [
  {
    name: 'pcap-parser',
    does: 'walks the records',
    command: (file) => [
      process.execPath,
      '--no-deprecation',
      fileURLToPath(new URL('pcap-parser-walk.mjs', import.meta.url)),
      file,
    ],
  },
  {
    name: 'httpry',
    does: 'start lines by packet, no reassembly',
    command: (file) => ['httpry', '-q', '-r', file, 'tcp port 80 or tcp port 8080'],
  },
  {
    name: 'tcpflow',
    does: 'payload to stdout, no protocol',
    command: (file) => ['tcpflow', '-q', '-r', file, '-C'],
  },
  {
    name: 'tshark',
    does: 'the same questions',
    slow: true,
    command: (file) => [
      'tshark',
      '-n',
      '-r',
      file,
      '-Y',
      'http.request or http.response or websocket',
      '-T',
      'fields',
      ...fields.split(' ').flatMap((field) => ['-e', field]),
    ],
  },
];

/** The peers asked for: 'none', 'fast', 'all', or names with commas; `missing` are not installed. */
export function choosePeers(which) {
  const wanted = peers.filter(({ name, slow }) => {
    if (which === 'all') return true;
    return which === 'fast' ? !slow : which.split(',').includes(name);
  });
  const isInstalled = (peer) => find(peer.command('')[0]) !== undefined;
  return { chosen: wanted.filter(isInstalled), missing: wanted.filter((peer) => !isInstalled(peer)) };
}
