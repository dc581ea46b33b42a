import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Transform, Writable } from 'node:stream';
import * as zlib from 'node:zlib';
import { partialPath } from '../corpus/checkpoint.js';
import { asError } from '../corpus/asError.js';
import { IncompleteError, UsageError } from './exitCode.js';

/** Where a report goes. */
export interface Output {
  write(data: string | Uint8Array): Promise<void>;
  /** A report that is not whole keeps its provisional name. Returns where the report is now. */
  finish(isWhole: boolean): Promise<string | undefined>;
}

/** A report that is a folder of files. */
export interface FolderOutput {
  open(name: string): Promise<Output>;
  finish(isWhole: boolean): Promise<string | undefined>;
}

/** The reader of our output has gone (`| head`): nothing is wrong, but there is nobody left to write for. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** A full disk behind a redirection, for one, is no reader that has gone. */
function hasGone(error: NodeJS.ErrnoException): boolean {
  return ['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '');
}

/** Waits for the reader: a slow one slows the scan instead of filling the memory. */
export function streamOutput(stream: Writable): Output {
  // Without a listener a broken pipe would end the process before the engine is disposed of.
  stream.on('error', () => undefined);
  return {
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => {
          if (!error) resolve();
          else if (hasGone(error)) reject(new OutputClosed(error.message));
          else reject(new IncompleteError(`the output cannot be written: ${error.message}`));
        });
      }),
    finish: () => Promise.resolve(undefined),
  };
}

/**
 * The report grows in `path`.partial and takes its name in one step when it is whole, so that a reader never sees
 * half a report under the name that was asked for. A name that ends in `.gz`, `.zst` or `.zstd` is compressed.
 */
export async function fileOutput(path: string, options: { readonly append: boolean }): Promise<Output> {
  const compressor = options.append ? undefined : compressorOf(path);
  const output = await plainFileOutput(path, options);
  return compressor === undefined ? output : compressed(output, compressor);
}

/** Node can write Zstandard from 22.15 on; the types are those of the oldest version that is supported. */
interface ZstdCompress {
  readonly createZstdCompress?: () => Transform;
}

function compressorOf(path: string): Transform | undefined {
  if (/\.gz$/iu.test(path)) return zlib.createGzip();
  if (!/\.zstd?$/iu.test(path)) return undefined;
  const { createZstdCompress } = zlib as ZstdCompress;
  if (createZstdCompress !== undefined) return createZstdCompress();
  throw new UsageError(
    `Node ${process.versions.node} cannot write Zstandard, which ${basename(path)} asks for: take a name without .zst, or with .gz in its place, or run Node 22.15 or later`,
  );
}

async function plainFileOutput(path: string, options: { readonly append: boolean }): Promise<Output> {
  const partial = partialPath(path);
  const file = await open(partial, options.append ? 'a' : 'w').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write into ${dirname(path)}: ${reason}`);
  });
  return {
    write: (data) => written(partial, file.appendFile(data)),
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

function compressed(output: Output, compressor: Transform): Output {
  let failure: Error | undefined;
  const written = (async () => {
    try {
      for await (const chunk of compressor) await output.write(chunk as Uint8Array);
    } catch (error) {
      failure = asError(error);
    }
  })();
  return {
    write: async (data) => {
      // Left by an error, the loop above has closed the stream: nothing would drain it.
      if (!compressor.destroyed && !compressor.write(data)) await drained(compressor);
      if (failure !== undefined) throw failure;
    },
    finish: async (isWhole) => {
      compressor.end();
      await written;
      if (failure !== undefined && isWhole) throw failure;
      return output.finish(isWhole);
    },
  };
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

/** The files grow in the folder `path`.partial, which takes its name in one step; nothing that is there is overwritten. */
export async function folderOutput(path: string): Promise<FolderOutput> {
  if (existsSync(path)) throw new UsageError(`${path} is there already: name a new folder, or delete it`);
  const partial = partialPath(path);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  return {
    open: async (name) => {
      const file = join(partial, name);
      await mkdir(dirname(file), { recursive: true });
      return fileOutput(file, { append: false });
    },
    finish: async (isWhole) => {
      if (!isWhole) return partial;
      await rename(partial, path);
      return path;
    },
  };
}
