// Records the captures of the folder above from real programs on this machine.
//
//   node captures/record/record.mjs            all scenarios
//   node captures/record/record.mjs NAME...    the named ones
//   node captures/record/record.mjs --check    nothing recorded: rows counted again, README.md written again
//
// A scenario that names npm `packages` gets those versions of them into its temporary folder first.
//
// Needs Linux, util-linux, iproute2 and tcpdump; dumpcap, nginx, curl, chromium, nghttp2 and zstd where a scenario uses
// them; tshark and capinfos for the check. As root, or as a user who may make namespaces. Each scenario runs inside
// network and process namespaces of its own, which end with it: nothing of the machine's settings is touched.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Lab } from './support/lab.mjs';
import { checkCapture } from './support/check.mjs';
import { writeReadme } from './support/readme.mjs';

export const SCENARIOS = [
  'demo',
  'nginx',
  'rest',
  'codings',
  'http-old',
  'pipelining',
  'websocket',
  'websocket-deflate',
  'websocket-refused',
  'websocket-hostile',
  'websocket-rogue',
  'browser',
  'smuggling',
  'lossy',
  'midstream',
  'ipv6',
  'open-end',
  'reset',
  'keep-alive',
  'websocket-proxy',
  'polling',
  'redirects',
  'conditional',
  'subprotocols',
  'binary-subprotocols',
  'any',
  'fragments',
  'http2-nghttp',
  'http2-node',
  'tls',
  'tls-browser',
];

const folder = dirname(fileURLToPath(import.meta.url));
const output = join(folder, '..');

async function main(args) {
  if (args[0] === '--inside') return inside(args[1], args[2]);
  const unknown = args.filter((name) => name !== '--check' && !SCENARIOS.includes(name));
  if (unknown.length > 0) {
    console.error(`no scenario ${unknown.join(', ')}; there are: ${SCENARIOS.join(' ')}`);
    return 2;
  }
  let good = true;
  for (const name of args.length > 0 ? args : SCENARIOS) if (name !== '--check') good = (await recordOne(name)) && good;
  if (args[0] === '--check') for (const name of SCENARIOS) good = (await checkScenario(name)) && good;
  await writeReadme(output, await Promise.all(SCENARIOS.map(scenario)));
  return good ? 0 : 1;
}

/** Records one scenario in a process of its own; timing can spoil a run, so there are three tries. */
async function recordOne(name) {
  for (let attempt = 1; attempt <= 3; attempt++) {
    console.log(`${name}${attempt > 1 ? ` (try ${attempt})` : ''}`);
    const temp = mkdtempSync(join(tmpdir(), 'wirescope-record-'));
    await install(name, temp);
    const done = spawnSync(
      'unshare',
      [...namespaces(), process.execPath, fileURLToPath(import.meta.url), '--inside', name, temp],
      {
        stdio: 'inherit',
      },
    );
    rmSync(temp, { recursive: true, force: true });
    if (done.status === 0 && (await checkScenario(name))) return true;
  }
  return false;
}

/** Inside the namespaces there is no network to install from. */
async function install(name, temp) {
  const { packages = {} } = await scenario(name);
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  if (wanted.length === 0) return;
  const options = ['--prefix', temp, '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  const done = spawnSync('npm', ['install', ...options, ...wanted], { stdio: 'inherit' });
  if (done.status !== 0) throw new Error(`npm could not install ${wanted.join(' ')}`);
}

function namespaces() {
  const asUser = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];
  return [...asUser, '--net', '--pid', '--mount-proc', '--fork', '--kill-child'];
}

async function inside(name, temp) {
  const lab = new Lab({ temp, output });
  await lab.ip('link', 'set', 'lo', 'up');
  try {
    await (await scenario(name)).record(lab);
  } finally {
    await lab.close();
  }
  return 0;
}

function scenario(name) {
  return import(pathToFileURL(join(folder, `${name}.mjs`)).href);
}

async function checkScenario(name) {
  const { captures } = await scenario(name);
  let good = true;
  for (const capture of captures) good = checkCapture(output, capture) && good;
  return good;
}

process.exit(await main(process.argv.slice(2)));
