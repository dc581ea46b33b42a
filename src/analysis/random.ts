/** Whole numbers below `size`, by mulberry32: the same for the same seed. */
export function randomBelow(seed: number): (size: number) => number {
  let state = seed;
  return (size) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * size);
  };
}

/** `count` of the items, or all, without replacement. */
export function drawn<Item>(items: readonly Item[], count: number, random: (size: number) => number): Item[] {
  const left = [...items];
  return Array.from({ length: Math.min(count, items.length) }, () => {
    const at = random(left.length);
    const [item] = left.splice(at, 1, left.at(-1)!);
    left.pop();
    return item!;
  });
}
