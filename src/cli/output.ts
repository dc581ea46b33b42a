import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { partialPath } from '../corpus/checkpoint.js';
import { IncompleteError, UsageError } from './exitCode.js';

/** Where a report goes. */
export interface Output {
  write(text: string): Promise<void>;
  /** A report that is not whole keeps its provisional name. Returns where the report is now. */
  finish(isWhole: boolean): Promise<string | undefined>;
}

/** The reader of our output has gone (`| head`): nothing is wrong, but there is nobody left to write for. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Waits for the reader: a slow one slows the scan instead of filling the memory. */
export function streamOutput(stream: Writable): Output {
  // Without a listener a broken pipe would end the process before the engine is disposed of.
  stream.on('error', () => undefined);
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (!error) resolve();
          else if (isClosed(error)) reject(new OutputClosed(error.message));
          else reject(new IncompleteError(`the output cannot be written: ${error.message}`));
        });
      }),
    finish: () => Promise.resolve(undefined),
  };
}

/**
 * The report grows in `path`.partial and takes its name in one step when it is whole, so that a reader never sees
 * half a report under the name that was asked for.
 */
export async function fileOutput(path: string, options: { readonly append: boolean }): Promise<Output> {
  const partial = partialPath(path);
  const file = await open(partial, options.append ? 'a' : 'w').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write into ${dirname(path)}: ${reason}`);
  });
  return {
    write: (text) => written(partial, file.appendFile(text)),
    finish: async (isWhole) => {
      // A report that is not whole has its reason already: a full disk would only say it once more.
      const synced = isWhole ? written(partial, file.sync()) : file.sync().catch(() => undefined);
      await synced.finally(() => file.close());
      if (!isWhole) return partial;
      await written(path, rename(partial, path));
      return path;
    },
  };
}

async function written(path: string, work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new IncompleteError(`${path} cannot be written: ${reason}`);
  });
}

/** The reader of a pipe has left; a full disk is something else. */
function isClosed(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
