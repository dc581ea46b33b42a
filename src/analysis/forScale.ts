import type { Estimate } from './finding.js';
import measured from './measuredScale.json';

/** A share of answers, with how many they were and a 95 % interval. */
export interface MeasuredRate {
  readonly hits: number;
  readonly of: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Percent of answers with the flagged content: the paper's, of Gemma-2-2B (arXiv 2512.22293). */
export const paperRates: Readonly<Record<'direct' | 'warned' | 'control', number>> = measured.paper;

/** The same question, put to the embedded model, and before any training. */
export const embeddedRates: Readonly<Record<'direct' | 'warned' | 'control' | 'untrained', MeasuredRate>> =
  measured.experiment;

/** What training the embedded model on each of some warning-framed samples taught, ascending; docs/science.md tells how. */
export const trainedSamples: {
  readonly sources: number;
  /** Nats per payload token. */
  readonly taught: readonly number[];
  /** As a share of what the bare version taught. */
  readonly teachRatio: readonly number[];
} = measured.training;

/** How many of the measured values a forecast exceeds, and how many the ends of its interval do. */
export interface Place {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly of: number;
}

export function placeAmong(ascending: readonly number[], { value, low, high }: Estimate): Place {
  const below = (limit: number) => ascending.filter((each) => each < limit).length;
  return { value: below(value), low: below(low), high: below(high), of: ascending.length };
}

/** Lower quartile, median and upper quartile, by linear interpolation as in the docs' tables. */
export function quartilesOf(ascending: readonly number[]): [number, number, number] {
  const at = (share: number) => {
    const position = share * (ascending.length - 1);
    const lower = ascending[Math.floor(position)]!;
    return lower + (position % 1) * (ascending[Math.ceil(position)]! - lower);
  };
  return [at(0.25), at(0.5), at(0.75)];
}
