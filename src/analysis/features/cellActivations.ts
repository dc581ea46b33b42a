import type { TokenCell } from '../tokenCells.js';
import type { FiringTokens, ReadText } from './sampleFeatures.js';

/**
 * The activation of a feature in each cell of a text, that of the strongest token that begins there: [cells]. Undefined where no
 * token begins, or none at which features are read.
 */
export function cellActivations(
  cells: readonly TokenCell[],
  { starts, sinks }: ReadText,
  { tokens, values }: FiringTokens,
): (number | undefined)[] {
  const valueAt = new Map(tokens.map((token, i) => [token, values[i]!]));
  const isSink = new Set(sinks);
  const found = cells.map((): number | undefined => undefined);
  let cell = 0;
  for (const [token, start] of starts.entries()) {
    while (cell < cells.length && cells[cell]!.end <= start) cell++;
    if (cell === cells.length) break;
    if (isSink.has(token)) continue;
    found[cell] = Math.max(found[cell] ?? 0, valueAt.get(token) ?? 0);
  }
  return found;
}

/** At how many tokens of a text two features fire, apart and together. */
export function firingTogether(a: FiringTokens, b: FiringTokens): { either: number; both: number } {
  const first = new Set(a.tokens);
  const both = b.tokens.filter((token) => first.has(token)).length;
  return { either: a.tokens.length + b.tokens.length - both, both };
}
