/**
 * One version of a text in a run: its tokens, and how many of the first ones it has in common with an earlier version.
 * The common ones are computed once.
 */
export interface Version {
  readonly ids: Int32Array;
  readonly sharedWith?: { readonly version: number; readonly tokens: number };
}

/**
 * Several versions laid out for one run of the model. Matrix products run over the `tokens` distinct tokens, attention over
 * the versions as rows: `layout[version * length + position]` is the index of a token (see `Layout` in lab/backfire_lab/graphs.py).
 */
export interface RunLayout {
  /** [tokens] */
  readonly ids: BigInt64Array;
  /** [versions, length]; what stands behind a version's own length is never looked at. */
  readonly layout: BigInt64Array;
  /** [versions] */
  readonly lengths: Int32Array;
  /** [tokens]: the slot of `layout` where the token's result is read. */
  readonly home: BigInt64Array;
  /** Slots of the longest version. */
  readonly length: number;
}

/** Throws a RangeError for a version without tokens, or one that shares with itself, a later one, or more than there is. */
export function layOut(versions: readonly Version[]): RunLayout {
  const lengths = Int32Array.from(versions, ({ ids }) => ids.length);
  const length = Math.max(0, ...lengths);
  const layout = new BigInt64Array(versions.length * length);
  const ids: bigint[] = [];
  const home: bigint[] = [];
  versions.forEach((version, row) => {
    const shared = sharedTokens(versions, row);
    const start = row * length;
    if (version.sharedWith) {
      const from = version.sharedWith.version * length;
      layout.copyWithin(start, from, from + shared);
    }
    for (let position = shared; position < version.ids.length; position++) {
      layout[start + position] = BigInt(ids.length);
      home.push(BigInt(start + position));
      ids.push(BigInt(version.ids[position]!));
    }
  });
  return { ids: BigInt64Array.from(ids), layout, lengths, home: BigInt64Array.from(home), length };
}

/** Index, in the run, of the token at a position of a version. */
export function tokenIndex(run: RunLayout, version: number, position: number): number {
  return Number(run.layout[version * run.length + position]);
}

/** Tokens that two versions have in common from their start on. */
export function sharedPrefix(a: Int32Array, b: Int32Array): number {
  const limit = Math.min(a.length, b.length);
  let count = 0;
  while (count < limit && a[count] === b[count]) count++;
  return count;
}

function sharedTokens(versions: readonly Version[], row: number): number {
  const { ids, sharedWith } = versions[row]!;
  if (ids.length === 0) throw new RangeError(`version ${row} has no tokens`);
  if (!sharedWith) return 0;
  const other = sharedWith.version < row ? versions[sharedWith.version] : undefined;
  if (!other || sharedWith.tokens > Math.min(ids.length, other.ids.length)) {
    throw new RangeError(
      `version ${row} can't share ${sharedWith.tokens} tokens with version ${sharedWith.version}`,
    );
  }
  return sharedWith.tokens;
}
