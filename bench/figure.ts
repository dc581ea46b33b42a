import type { Spread } from './rounds.js';

export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One line of the table. Figures with a target are ratios within one run, or stand for themselves (seconds, bytes). */
export interface Figure {
  readonly section: string;
  readonly what: string;
  readonly value: Spread;
  readonly unit: string;
  readonly target?: Target;
}

/** A comparison that could not be made, and why. */
export interface LeftOut {
  readonly section: string;
  readonly reason: string;
}

export type Line = Figure | LeftOut;

export function meets(value: number, target: Target): boolean {
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}
