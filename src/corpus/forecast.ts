import { drawn, randomBelow } from '../analysis/random.js';

/** What was seen in one piece. */
export interface PieceFigures {
  /** On disk. */
  readonly bytes: number;
  readonly documents: number;
  readonly candidates: number;
  /** Distinct tokens that its samples send through the model. */
  readonly tokens: number;
  /** Milliseconds of processor. */
  readonly readMs: number;
  readonly prefilterMs: number;
  readonly parseMs: number;
}

/** One call of the model on one core. */
export interface ModelRun {
  readonly tokens: number;
  readonly ms: number;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export const forecastStages = ['read', 'prefilter', 'parse', 'measure'] as const;

export interface Forecast {
  readonly documents: Interval;
  readonly candidates: Interval;
  readonly tokens: Interval;
  /** Core-hours. */
  readonly stages: Record<(typeof forecastStages)[number], Interval>;
  readonly coreHours: Interval;
}

const resamples = 1000;
const msPerHour = 3_600_000;

type Totals = Record<
  'documents' | 'candidates' | 'tokens' | (typeof forecastStages)[number] | 'coreHours',
  number
>;

/**
 * Totals of a corpus of so many bytes, by the ratio of sums over the sampled pieces, with 90 % intervals from drawing
 * pieces, and runs of the model, with replacement. Where every piece was read, the counts have no interval.
 */
export function forecast(
  sampled: readonly PieceFigures[],
  runs: readonly ModelRun[],
  corpus: { readonly bytes: number; readonly pieces: number; readonly seed: number },
): Forecast {
  const random = randomBelow(corpus.seed);
  const again = <Item>(items: readonly Item[]): Item[] => items.map(() => items[random(items.length)]!);
  const value = totals(sampled, runs, corpus.bytes);
  const isWhole = sampled.length === corpus.pieces;
  const draws = Array.from({ length: resamples }, () =>
    totals(isWhole ? sampled : again(sampled), again(runs), corpus.bytes),
  );
  const interval = (name: keyof Totals): Interval => {
    const sorted = draws.map((draw) => draw[name]).sort((a, b) => a - b);
    const quantile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
    return { value: value[name], low: quantile(0.05), high: quantile(0.95) };
  };
  return {
    documents: interval('documents'),
    candidates: interval('candidates'),
    tokens: interval('tokens'),
    stages: {
      read: interval('read'),
      prefilter: interval('prefilter'),
      parse: interval('parse'),
      measure: interval('measure'),
    },
    coreHours: interval('coreHours'),
  };
}

function totals(sampled: readonly PieceFigures[], runs: readonly ModelRun[], bytes: number): Totals {
  const sum = (name: keyof PieceFigures): number => sampled.reduce((all, piece) => all + piece[name], 0);
  const scale = bytes / sum('bytes');
  const tokens = sum('tokens') * scale;
  const msPerToken =
    runs.reduce((all, { ms }) => all + ms, 0) / runs.reduce((all, run) => all + run.tokens, 0);
  const hours = (name: 'readMs' | 'prefilterMs' | 'parseMs'): number => (sum(name) * scale) / msPerHour;
  const stages = {
    read: hours('readMs'),
    prefilter: hours('prefilterMs'),
    parse: hours('parseMs'),
    measure: tokens === 0 ? 0 : (tokens * msPerToken) / msPerHour,
  };
  return {
    documents: sum('documents') * scale,
    candidates: sum('candidates') * scale,
    tokens,
    ...stages,
    coreHours: stages.read + stages.prefilter + stages.parse + stages.measure,
  };
}

/** Pieces to read: some, each as likely as any other. */
export function samplePieces<Piece>(pieces: readonly Piece[], count: number, seed: number): Piece[] {
  return drawn(pieces, count, randomBelow(seed));
}
