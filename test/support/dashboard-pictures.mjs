// Draws the pictures of the dashboard that README shows, from a real terminal: `node test/support/dashboard-pictures.mjs`.
// Needs tmux and a build; with chromium installed PNG files are made beside the SVG.
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Terminal } from './terminal.mjs';
import { terminalSvg } from './terminal-picture.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));

/** Name, keys pressed one after another, and what must be on the screen before it is drawn. */
const pictures = [
  ['dashboard', 'jjjjjjjjjjjj', 'recommendations HTTP'],
  ['dashboard-websocket', ['2', 'Enter', 'j'], '"snapshot"'],
  ['dashboard-statistics', ['4'], 'Throughput'],
];

for (const [name, keys, wanted] of pictures) {
  const terminal = new Terminal(`node ${join(root, 'bin', 'wirescope.js')} ${join(root, 'captures', 'demo.pcapng')}`, {
    columns: 120,
    rows: 32,
  });
  try {
    await terminal.shows('/shop/');
    for (const key of keys) {
      terminal.key(key);
      await pause(120);
    }
    await terminal.shows(wanted);
    await pause(400);
    draw(join(root, name), terminalSvg(terminal.colours(), { columns: 120 }));
  } finally {
    terminal.close();
  }
}

/** As PNG where a browser can draw it, since fonts differ; else as SVG. */
function draw(base, svg) {
  writeFileSync(`${base}.svg`, svg);
  const [width, height] = ['width', 'height'].map((side) =>
    Math.ceil(Number(new RegExp(`${side}="([\\d.]+)"`).exec(svg)[1])),
  );
  if (spawnSync('chromium', ['--version']).status !== 0) return;
  execFileSync(
    'chromium',
    [
      '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--default-background-color=00000000',
      `--window-size=${width},${height}`, `--screenshot=${base}.png`, pathToFileURL(`${base}.svg`).href,
    ],
    { stdio: 'ignore' },
  ); // prettier-ignore
  rmSync(`${base}.svg`);
}
