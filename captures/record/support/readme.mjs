// Writes captures/README.md from the scenarios' own words and the facts of the files.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { line } from './check.mjs';

const HEAD = `# Captures

Small captures of real programs talking over TCP, each recorded by a script in \`record/\`:

    node captures/record/record.mjs [NAME...]

makes all of them, or those of the named scenarios, again: the same exchanges and frames, other times, ports and
acknowledgements. Programs run inside network namespaces of their own, on loopback or on a virtual Ethernet with the
documentation addresses of RFC 5737 and RFC 3849; host names end in \`.example\`. Segments are of a network's size
(1448 bytes) unless said otherwise; TCP checksums are left to the (virtual) hardware, so they are not filled in.
The counts below are what was put on the wire. \`demo.pcapng\` is the one to start with.

Licence: these files and the data in them are dedicated to the public domain under
[CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/).
`;

/** Needs capinfos for packet counts and link types; without it README.md stays as it is. */
export async function writeReadme(folder, scenarios) {
  const captures = scenarios
    .flatMap((scenario) => scenario.captures)
    .filter(({ file }) => existsSync(join(folder, file)));
  const sections = captures.map((capture) => section(folder, capture));
  if (sections.includes(null)) return console.log('capinfos is not installed: README.md stays as it is');
  writeFileSync(join(folder, 'README.md'), `${HEAD}\n${sections.join('\n')}`);
  const files = readdirSync(folder).filter((name) => name.includes('.pcap'));
  const total = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const strangers = files.filter((name) => !captures.some(({ file }) => file === name));
  console.log(
    `${files.length} captures, ${total} bytes in all${strangers.length ? `; of no scenario: ${strangers.join(' ')}` : ''}`,
  );
}

function section(folder, { file, scenario, about, made, expect, tsharkNote }) {
  const facts = fileFacts(join(folder, file));
  if (facts === null) return null;
  const counts = [
    expect.connections === 1 ? '1 connection' : `${expect.connections ?? 'several'} connections`,
    expect.requests && `requests ${line(expect.requests)}`,
    expect.responses && `responses ${line(expect.responses)}`,
    expect.frames && `WebSocket frames ${line(expect.frames)}`,
  ].filter(Boolean);
  return `## ${file}

${about}

- Format: ${facts}.
- Contents: ${counts.join('; ')}.
- Made by: \`record.mjs ${scenario}\`, ${made}.
${tsharkNote ? `- tshark 4.0 shows it differently: ${tsharkNote}.\n` : ''}`;
}

function fileFacts(path) {
  const run = spawnSync('capinfos', ['-M', '-t', '-E', '-c', '-s', '-u', path], { encoding: 'utf8' });
  if (run.error) return null;
  const fact = (name) => new RegExp(`${name}: +(.*)`).exec(run.stdout)?.[1] ?? 'unknown';
  const seconds = Number.parseFloat(fact('Capture duration')).toFixed(1);
  const bytes = statSync(path).size.toLocaleString('en');
  const type = fact('File type')
    .replace(/^Wireshark\/\.\.\. - /, '')
    .replace('Wireshark/tcpdump/... - ', '');
  return `${type}, link type ${fact('File encapsulation')}; ${fact('Number of packets')} packets, ${bytes} bytes, ${seconds} s`;
}
