/** The command's beginning and end: the only place where errors are caught. */
import { ExitStatus, failureOf } from './failure.ts';
import { program } from './program.ts';
import { complain, say } from './terminal.ts';

/** Runs the command line and ends the process. */
export async function main(args: readonly string[]): Promise<void> {
  process.exit(await run(args));
}

/** @param args without the program's own name */
export async function run(args: readonly string[]): Promise<number> {
  let status: number = ExitStatus.done;
  const command = program(say, (finished) => {
    status = finished;
  });
  try {
    await command.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.line !== undefined) complain(`wirescope: ${failure.line}`);
    return failure.status;
  }
}
