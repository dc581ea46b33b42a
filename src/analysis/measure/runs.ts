/** Tokens that one run of the model may hold: beyond some hundreds it gets no faster, and cancelling would wait longer. */
export const runTokens = 512;

export interface RunSize {
  /** Tokens of the longest version. */
  readonly longest: number;
  /** Distinct tokens of all versions. */
  readonly tokens: number;
}

/** Groups of like length, since attention pads each version of a run to the longest; what is too large alone is a run alone. */
export function intoRuns<Item>(items: readonly Item[], sizeOf: (item: Item) => RunSize): Item[][] {
  const sized = items.map((item) => ({ item, ...sizeOf(item) }));
  const runs: Item[][] = [];
  let filled = Infinity;
  for (const { item, tokens } of sized.sort((a, b) => a.longest - b.longest)) {
    if (filled + tokens > runTokens) {
      runs.push([]);
      filled = 0;
    }
    runs.at(-1)!.push(item);
    filled += tokens;
  }
  return runs;
}
