/** The commands of live traffic: their arguments and options. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { collect, parseSize } from './arguments.ts';
import { liveFormats } from './live-formats.ts';
import type { AttachOptions } from './attach.ts';
import type { CaptureOptions } from './capture.ts';
import type { RunOptions } from './run.ts';
import type { TapOptions } from './tap.ts';

/** @param finish takes the exit status of a command that has run */
export function addTapCommands(root: Command, finish: (status: number) => void): void {
  const tapping = root
    .command('tap')
    .description('a local proxy: shows, records and saves what passes')
    .usage('--to HOST:PORT ... | --proxy  [options]')
    .option('--to <address>', 'stand in front of this server (host:port or unix:PATH); several times', collect)
    .option(
      '--listen <address>',
      'where, for each --to and --proxy in turn (default: 127.0.0.1:8080, 8081 ...)',
      collect,
    )
    .option('--proxy', 'be an HTTP and SOCKS5 proxy')
    .option('--serve <address>', 'let others watch: wirescope attach, with the URL it prints')
    .option('--max-connections <n>', 'connections open at once (default: 10,000)', parseCount)
    .option('--idle-timeout <seconds>', 'abort connections on which nothing passes (default: never)', parseCount);
  recording(tapping).action(async (options: TapOptions) => finish(await (await import('./tap.ts')).tap(options)));
  tapping.addHelpText('after', '\n' + tapExamples);

  const running = root
    .command('run')
    .description('start a program and record its traffic')
    .usage('[options] -- COMMAND ...')
    .argument('<command...>', 'the program and its arguments')
    .passThroughOptions();
  recording(running).action(async (command: string[], options: RunOptions) =>
    finish(await (await import('./run.ts')).run(command, options)),
  );

  root
    .command('capture')
    .description('the packets of an interface, through dumpcap or tcpdump')
    .argument('[expression...]', 'a capture filter, like: port 80')
    .requiredOption('-i, --interface <name>', 'which interface, like lo')
    .option('--save <file>', 'the packets, in a file besides')
    .addOption(new Option('--format <name>', 'records while they come, instead of the dashboard').choices(liveFormats))
    .option('-o, --output <out>', 'where --format writes; - for stdout')
    .option('--export <file>', 'records when it has ended, by extension (.jsonl, .json); several times', collect)
    .option('--filter <expr>', 'only records this display filter selects')
    .option('--max-body <n>', 'bytes kept of each body and payload; 0 for none', parseSize)
    .option('--keys <file>', 'a TLS key log (SSLKEYLOGFILE); several times', collect)
    .option('--color', 'colours even where stdout is no terminal')
    .option('--no-color', 'no colours')
    .action(async (expression: string[], options: CaptureOptions) =>
      finish(await (await import('./capture.ts')).capture(expression, options)),
    );

  root
    .command('ca')
    .description('the local certificate authority of tap --tls intercept: show, create, export, remove')
    .argument('[action]', 'what to do', 'show')
    .action(async (action: string) => (await import('./ca.ts')).ca(action));

  root
    .command('attach')
    .description('watch a tap that was started with --serve')
    .argument('<url>', 'as the tap printed it, ws://...')
    .addOption(new Option('--format <name>', 'records while they come, instead of the dashboard').choices(liveFormats))
    .option('-o, --output <out>', 'where --format writes; - for stdout')
    .option('--filter <expr>', 'only records this display filter selects')
    .option('--max-body <n>', 'bytes kept of each body and payload; 0 for none', parseSize)
    .option('--color', 'colours even where stdout is no terminal')
    .option('--no-color', 'no colours')
    .action(async (url: string, options: AttachOptions) =>
      finish(await (await import('./attach.ts')).attach(url, options)),
    );
}

const tapExamples = `Examples:
  wirescope tap --to localhost:3000                     then open http://localhost:8080
  wirescope tap --to localhost:3000 --format jsonl      records on stdout, a line each
  wirescope tap --proxy --save session.pcapng           for Wireshark, and for later`;

function recording(command: Command): Command {
  return command
    .option('--save <file>', 'what passes, as packets in a pcapng file')
    .option('--ring <size>', 'bound of what --save keeps; the oldest goes first', parseSize)
    .addOption(new Option('--format <name>', 'records while they come, instead of the dashboard').choices(liveFormats))
    .option('-o, --output <out>', 'where --format writes; - for stdout')
    .option('--export <file>', 'records when it has ended, by extension (.jsonl, .json); several times', collect)
    .option('--filter <expr>', 'only records this display filter selects')
    .option('--max-body <n>', 'bytes kept of each body and payload; 0 for none', parseSize)
    .option('--keys <file>', 'a TLS key log that clients write; several times', collect)
    .addOption(
      new Option('--tls <what>', 'pass it on untouched, or intercept it with certificates of wirescope ca')
        .choices(['pass', 'intercept'])
        .default('pass'),
    )
    .option('--tls-skip <host>', 'not intercepted: a name, or *.name; several times', collect)
    .option('--insecure', "servers' certificates are not verified")
    .option('--color', 'colours even where stdout is no terminal')
    .option('--no-color', 'no colours');
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
