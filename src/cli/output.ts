import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { partialPath } from '../corpus/checkpoint.js';
import { UsageError } from './exitCode.js';

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
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (error) reject(new OutputClosed(error.message));
          else resolve();
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
    write: async (text) => {
      await file.appendFile(text);
    },
    finish: async (isWhole) => {
      await file.sync();
      await file.close();
      if (!isWhole) return partial;
      await rename(partial, path);
      return path;
    },
  };
}
