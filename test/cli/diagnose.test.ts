import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellWidth } from '../../src/insight/cells.ts';
import { hostileCapture, root, wirescope, workFolder, writeCapture } from './wirescope.ts';

const capture = (name: string): string => join(root, 'captures', name);

describe('wirescope diagnose', () => {
  test('tells the worst first, with place and remedy', async () => {
    const { status, stdout } = wirescope(['diagnose', capture('redirects.pcap')]);
    expect(status).toBe(0);
    await expect(stdout.replaceAll(root, '')).toMatchFileSnapshot('diagnose-redirects.txt');
  });

  test('gives the lines that mend a proxy', () => {
    const { stdout } = wirescope(['diagnose', capture('proxy-drops-upgrade.pcap')]);
    expect(stdout).toContain('\n      proxy_set_header Connection "upgrade";\n');
  });

  test('says that nothing is wrong', () => {
    const { stdout } = wirescope(['diagnose', capture('proxy-passes-upgrade.pcap')]);
    expect(stdout).toContain('✔ nothing wrong was found');
  });

  test('without the doctor it tells what is wrong with bytes alone', () => {
    const { stdout } = wirescope(['diagnose', '--no-doctor', capture('redirects.pcap')]);
    expect(stdout).toContain('✔ nothing wrong was found');
  });

  test('a filter chooses what is told', () => {
    const { stdout } = wirescope(['diagnose', '--filter', 'severity == "error"', capture('redirects.pcap')]);
    expect(stdout).toMatch(/\n1 error\n/);
  });

  test.each(['demo.pcapng', 'polling.pcap', 'smuggling.pcap', 'websocket-hostile.pcap', 'subprotocols.pcap'])(
    '%s keeps to 80 columns',
    (name) => {
      const { stdout } = wirescope(['diagnose', name], { cwd: join(root, 'captures') });
      const wide = stdout.split('\n').filter((line) => cellWidth(line) > 80);
      expect(wide).toEqual([]);
    },
  );

  test('shows hostile text escaped', () => {
    const cwd = workFolder();
    const { status, stdout } = wirescope(['diagnose', writeCapture(cwd, 'hostile.pcap', hostileCapture())], { cwd });
    expect(status).toBe(0);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

test('explain tells the remedy', () => {
  const { stdout } = wirescope(['explain', 'upgrade.hop-by-hop-lost']);
  expect(stdout).toContain('  → Let the proxy pass them on. In nginx:\n      proxy_http_version 1.1;\n');
});
