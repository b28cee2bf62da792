/** Values of command-line options: text in, value or a complaint out. */
import { InvalidArgumentError, Option } from 'commander';

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `65536`, `64k`, `1M`, `1.5MiB`: bytes, in powers of 1024. */
export function parseSize(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * (units[unit?.toLowerCase() ?? ''] ?? NaN));
  if (!Number.isSafeInteger(bytes))
    throw new InvalidArgumentError('Expected a number of bytes, like 65536, 64k or 1M.');
  return bytes;
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export const readingOptions: readonly (() => Option)[] = [
  () =>
    new Option(
      '--filter <expr>',
      'only records this display filter selects, like: status >= 400 (wirescope help filter)',
    ),
  () => new Option('--max-body <n>', 'bytes kept of each body and payload; 0 for none').argParser(parseSize),
  () => new Option('--keys <file>', 'a TLS key log (SSLKEYLOGFILE); may be given several times').argParser(collect),
  () => new Option('--no-doctor', 'only what is wrong with bytes; no judgement on what they mean (an eighth faster)'),
  () => new Option('--follow', 'keep reading as the file grows, until interrupted'),
  () =>
    new Option('--reader <name>', 'who reads the capture file (pcap-parser: classic pcap only)')
      .choices(['wirescope', 'pcap-parser'])
      .default(undefined, 'wirescope'),
];

export const colourOptions: readonly (() => Option)[] = [
  () => new Option('--color', 'colours even where stdout is no terminal'),
  () => new Option('--no-color', 'no colours'),
];
