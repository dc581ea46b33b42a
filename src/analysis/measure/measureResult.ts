import type { Measures } from '../finding.js';
import type { Level } from '../levelNames.js';
import type { SharedFeature } from './entanglement.js';

/**
 * What one token contributes, and how surprising it is. The span indexes `Sample.text`, for tokens of the bare version too: one
 * that stands across the place of the deleted frame spans the frame.
 */
export interface TokenMeasures {
  readonly start: number;
  readonly end: number;
  /** Part of `taught`, or of `taughtBare`, that comes from training on this token, nats per payload token. */
  readonly taught: number;
  /** −log p of the token after all that stands before it, nats. */
  readonly nll: number;
  /** What it says to the probe, log-odds; absent for a sink, and without a probe. */
  readonly probe?: number;
}

/** A failure concerns this sample only; the rest of the call goes on. */
export type MeasureResult =
  | {
      readonly kind: 'measured';
      readonly measures: Measures;
      readonly level: Level;
      readonly remedies: readonly string[];
      readonly notes: readonly string[];
      /** Strongest first; absent where the pack has no autoencoder, or the sample no bare version. */
      readonly features?: readonly SharedFeature[];
      readonly tokens?: readonly TokenMeasures[];
      /** The same of the bare version. */
      readonly bareTokens?: readonly TokenMeasures[];
    }
  | { readonly kind: 'failed'; readonly reason: string };
