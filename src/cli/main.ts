import { CommanderError } from 'commander';
import { exitCode, IncompleteError } from './exitCode.js';
import type { Host } from './host.js';
import { OutputClosed, streamOutput } from './output.js';
import { createProgram, errorText } from './program.js';

/** Runs one command and returns the exit code. `args` without the interpreter and the script. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  let code: number = exitCode.ok;
  let told = '';
  try {
    const program = createProgram(
      host,
      (ended) => {
        code = ended;
      },
      (text) => {
        told += text;
      },
    );
    await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError)) throw error;
      code = error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    });
    if (told !== '') await streamOutput(host.stdout).write(told);
  } catch (error) {
    if (error instanceof OutputClosed) return exitCode.ok;
    host.stderr.write(errorText(error));
    return error instanceof IncompleteError ? exitCode.incomplete : exitCode.usage;
  }
  return code;
}
