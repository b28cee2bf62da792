/** The command line: commands, their arguments and options. What they do stands in a file each. */
import { Command, Option } from 'commander';
import { UsageError } from '../core/errors.ts';
import { collect, colourOptions, readingOptions } from './arguments.ts';
import type { CheckOptions } from './check.ts';
import type { ExportOptions } from './export.ts';
import type { ListOptions } from './list.ts';
import { didYouMean } from './nearest.ts';
import type { ReadingOptions } from './reading.ts';
import { addTapCommands } from './tap-program.ts';
import { version } from './version.ts';

const file = 'a capture (pcap, pcapng, also .gz and .zst), or - for standard input';

/**
 * The commands, each of which loads what it needs when it is called: most of the time of a short run is loading.
 *
 * @param write takes help and version text
 * @param finish takes the exit status of a command that has run
 */
export function program(write: (text: string) => void, finish: (status: number) => void): Command {
  const root = new Command('wirescope')
    .description('Shows what a packet capture holds: TCP connections, HTTP exchanges, WebSocket frames and messages.')
    .usage('[FILE|-]  or  wirescope COMMAND ...')
    .version(version, '-V, --version', 'the version')
    .helpOption('-h, --help', 'help, also for a command: wirescope list --help')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ writeOut: write, writeErr: write, outputError() {} })
    .exitOverride();
  root.helpCommand(false);
  // What a command's help ends with is told by what the command is made of, loaded before its arguments are looked at.
  let appendix = '';
  root.hook('preSubcommand', async (_root, command) => {
    appendix = await appendixOf(command.name());
  });

  reading(root, 'summary', 'totals, status codes, methods, hosts, latency, upgrades, diagnostics').action(
    async (path: string, options: ReadingOptions) => (await import('./summary.ts')).summary(path, options),
  );

  reading(root, 'diagnose', 'what is wrong, worst first, where it is, and what to do about it').action(
    async (path: string, options: ReadingOptions) => (await import('./diagnose.ts')).diagnose(path, options),
  );

  reading(root, 'list', 'a line per exchange, upgrade and message, like an access log')
    .addOption(
      new Option('--time <format>', 'how times are written')
        .choices(['relative', 'absolute', 'iso'])
        .default('relative', 'relative: seconds since the first packet'),
    )
    .option('--columns <names>', 'which columns, like time,kind,url')
    .addHelpText('after', () => '\n' + appendix)
    .action(async (path: string, options: ListOptions) => (await import('./list.ts')).list(path, options));

  reading(root, 'export', 'all records, for programs')
    .option('--format <name>', "jsonl or json (default: by OUT's extension, else jsonl)")
    .option('-o, --output <out>', 'a file, which appears when it is whole; - for stdout')
    .addHelpText('after', () => '\n' + appendix)
    .action(async (path: string, options: ExportOptions) => (await import('./export.ts')).exportTrace(path, options));

  reading(root, 'check', 'for CI: exit status 0 where all assertions hold, 1 where one does not')
    .requiredOption('--assert <expr>', 'what must hold; may be given several times', collect)
    .action(async (path: string, options: CheckOptions) =>
      finish(await (await import('./check.ts')).check(path, options)),
    );

  addTapCommands(root.enablePositionalOptions(), finish);

  coloured(root.command('explain'))
    .description('what a diagnostic code means; without a code, all of them')
    .argument('[code]', 'like tcp.gap')
    .action(async (code: string | undefined, options: { color?: boolean }) =>
      (await import('./explain.ts')).explain(code, options),
    );

  root
    .command('help')
    .description('help; help for a command; or "help filter": the filter language')
    .argument('[topic]')
    .action(async (topic: string | undefined) => {
      if (topic === 'filter') return write((await import('./filter-help.ts')).filterHelp() + '\n');
      appendix = await appendixOf(topic);
      help(root, topic);
    });

  const opening = withOptions(root.command('open [files...]', { isDefault: true, hidden: true }), readingOptions);
  coloured(opening)
    .usage('[FILE|-]')
    .action(async (paths: string[], options: ReadingOptions) => {
      const { open } = await import('./open.ts');
      finish(await open(paths, options, commandNames(root)));
    });

  return root.addHelpText('after', () => '\n' + afterwords);
}

const afterwords = `Examples:
  wirescope trace.pcapng                              what is in it, at a glance
  wirescope list trace.pcapng --filter 'status >= 400'  what went wrong
  wirescope export trace.pcapng --format jsonl | jq 'select(.type == "upgrade")'
  tcpdump -w - port 80 | wirescope list -

Exit status: 0 done, 1 a check did not hold or the input could not be read,
2 wrong usage.`;

async function appendixOf(name: string | undefined): Promise<string> {
  if (name === 'list') return (await import('./list.ts')).columnsHelp();
  return name === 'export' ? (await import('./export.ts')).formatsHelp() : '';
}

function reading(root: Command, name: string, description: string): Command {
  return coloured(withOptions(root.command(name).description(description).argument('<file>', file), readingOptions));
}

function coloured(command: Command): Command {
  return withOptions(command, colourOptions);
}

function withOptions(command: Command, options: readonly (() => Option)[]): Command {
  for (const option of options) command.addOption(option());
  return command;
}

function help(root: Command, name: string | undefined): void {
  const names = commandNames(root);
  const command = name === undefined ? root : root.commands.find((one) => one.name() === name && names.includes(name));
  if (command === undefined) throw new UsageError(`there is no command "${name!}"${didYouMean(name!, names)}`);
  command.outputHelp();
}

/** Without the one that is never named. */
function commandNames(root: Command): string[] {
  return root.commands.map((command) => command.name()).filter((name) => name !== 'open');
}
