import { ReadError } from './fileErrors.js';

export interface Peeked {
  /** The first bytes, at least as many as were asked for if there are so many. */
  readonly head: Uint8Array;
  /** The whole stream. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Looks at the beginning of a stream. An error within it comes where it came, behind what was read. */
export async function peek(stream: AsyncIterable<Uint8Array>, bytes: number): Promise<Peeked> {
  const rest = stream[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let length = 0;
  let failure: unknown;
  try {
    while (length < bytes) {
      const next = await rest.next();
      if (next.done === true) break;
      taken.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    failure = error;
  }
  async function* replay(): AsyncGenerator<Uint8Array> {
    yield* taken.splice(0);
    if (failure !== undefined) throw failure as Error;
    try {
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  }
  return { head: Buffer.concat(taken, length), chunks: replay() };
}

/** The stream behind its first `bytes`. */
export async function* skipBytes(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
  if (left > 0) {
    throw new ReadError(
      'changed',
      `shorter than the ${bytes} bytes that the earlier scan read; scan it anew`,
    );
  }
}
