import { CommanderError } from 'commander';
import { exitCode, IncompleteError } from './exitCode.js';
import type { Host } from './host.js';
import { hasGone, OutputClosed } from './output.js';
import { createProgram, errorText } from './program.js';

/** Runs one command and returns the exit code. `args` without the interpreter and the script. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  let code: number = exitCode.ok;
  // Whoever writes a report hears of it by himself (output.ts); help and tables must not end in a stack trace either.
  host.stdout.on('error', (error) => {
    if (!hasGone(error)) code = exitCode.incomplete;
  });
  try {
    const program = createProgram(host, (ended) => {
      code = ended;
    });
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (error instanceof OutputClosed) return exitCode.ok;
    host.stderr.write(errorText(error));
    return error instanceof IncompleteError ? exitCode.incomplete : exitCode.usage;
  }
  return code;
}
