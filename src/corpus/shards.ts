import { createHash } from 'node:crypto';

/** One of `count` scans that share the units of a corpus among them; `index` counts from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Whether a part of a file is this scan's to do: a slice of a large JSONL file, a row group. Part 0 stands for the file. */
export type Owns = (part: number) => boolean;

/**
 * By a hash of the path as it was named or reached, and the number of the part: every machine that is given the same
 * paths comes to the same answer, whatever else it knows.
 */
export function ownerOf(shard: Shard | undefined, path: string): Owns {
  if (shard === undefined) return () => true;
  return (part) => {
    const key = part === 0 ? path : `${path}#${part}`;
    const hash = createHash('sha256').update(key).digest().readUInt32BE(0);
    return hash % shard.count === shard.index - 1;
  };
}

/** `2/8`; `undefined` for anything else. */
export function parseShard(text: string): Shard | undefined {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/u.exec(text.trim()) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index >= 1 && shard.index <= shard.count ? shard : undefined;
}
