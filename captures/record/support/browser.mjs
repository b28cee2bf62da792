// Headless Chromium that knows every host name as one address and calls nobody of its own.

import { join } from 'node:path';

const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--metrics-recording-only',
  '--disable-dev-shm-usage',
];
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

export function startBrowser(lab, url, address, { host, flags = [] } = {}) {
  const profile = join(lab.temp, 'profile');
  const rules = `--host-resolver-rules=MAP *.example ${address}`;
  const env = { HOME: lab.temp, DBUS_SESSION_BUS_ADDRESS: 'disabled:' };
  const arguments_ = [
    ...QUIET,
    ...flags,
    rules,
    `--user-agent=${AGENT}`,
    `--user-data-dir=${profile}`,
    '--remote-debugging-port=9333',
    url,
  ];
  return lab.start('chromium', arguments_, { host, env });
}
