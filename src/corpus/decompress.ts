import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { asError } from './asError.js';
import { ReadError } from './fileErrors.js';

export type Compression = 'gzip' | 'zstd';

/** More than so many bytes out of one are no text; gzip itself cannot give more than 1,032. */
const highestRatio = 250;
/** A small file may hold one line over and over. */
const freeBytes = 64 * 1024 * 1024;
/** Pushed at once. Not more than `freeBytes` may come out of it: 4 bytes of Zstandard can stand for 128 KiB. */
const stepBytes = 32 * 1024;

export function compressionOf(head: Uint8Array): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const magic = head.length < 4 ? 0 : new DataView(head.buffer, head.byteOffset).getUint32(0, true);
  // A frame, or one of the skippable frames that may stand before it.
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5 ? 'zstd' : undefined;
}

interface Inflater {
  push(chunk: Uint8Array): Promise<void> | void;
  end(): Promise<void> | void;
}

/**
 * What comes out of a compressed stream, as it comes. All that can be read before an error is yielded before it is
 * thrown.
 *
 * @throws ReadError `truncated`, `corrupt` or `too-compressed`
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  let taken = 0;
  let given = 0;
  let ready: Uint8Array[] = [];
  let givenBefore = 0;
  const take = (data: Uint8Array): void => {
    given += data.length;
    if (isTooCompressed(given, taken) || given - givenBefore > freeBytes) {
      throw new ReadError(
        'too-compressed',
        `${given} bytes came out of ${taken}: more than ${highestRatio} for one, as in a decompression bomb`,
      );
    }
    ready.push(data);
  };
  const inflater = compression === 'gzip' ? gzipInflater(take) : zstdInflater(take);
  let failure: unknown;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length && failure === undefined; at += stepBytes) {
      const step = chunk.subarray(at, at + stepBytes);
      taken += step.length;
      givenBefore = given;
      failure = await failureOf(() => inflater.push(step));
      yield* ready;
      ready = [];
    }
    if (failure !== undefined) break;
  }
  failure ??= await failureOf(() => inflater.end());
  yield* ready;
  if (failure !== undefined) throw readErrorOf(failure, compression, taken);
}

export function isTooCompressed(given: number, taken: number): boolean {
  return given > freeBytes && given > highestRatio * taken;
}

function gzipInflater(take: (data: Uint8Array) => void): Inflater {
  const gunzip = createGunzip();
  let failure: Error | undefined;
  // A write that fails is never called back: its end is the end of the stream.
  let wake = (): void => undefined;
  gunzip.on('error', (error) => (failure = error));
  gunzip.on('close', () => wake());
  gunzip.on('data', (data: Uint8Array) => {
    try {
      take(data);
    } catch (error) {
      gunzip.destroy(asError(error));
    }
  });
  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  return {
    async push(chunk) {
      check();
      await new Promise<void>((resolve) => {
        wake = resolve;
        gunzip.write(chunk, () => resolve());
      });
      check();
    },
    async end() {
      check();
      gunzip.end();
      await once(gunzip, 'end');
    },
  };
}

function zstdInflater(take: (data: Uint8Array) => void): Inflater {
  const zstd = new Decompress(take);
  return {
    push: (chunk) => void zstd.push(chunk),
    end: () => void zstd.push(new Uint8Array(), true),
  };
}

async function failureOf(work: () => Promise<void> | void): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

function readErrorOf(failure: unknown, compression: Compression, taken: number): Error {
  if (failure instanceof ReadError) return failure;
  const { message } = asError(failure);
  const isTruncated = /unexpected (?:end of file|EOF)/iu.test(message);
  return isTruncated
    ? new ReadError('truncated', `the ${compression} stream ends in its middle, after ${taken} bytes`)
    : new ReadError('corrupt', `no ${compression} stream within its first ${taken} bytes: ${message}`);
}
