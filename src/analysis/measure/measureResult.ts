import type { Level, Measures } from '../finding.js';
import type { SharedFeature } from './entanglement.js';

/** What one token of the sample contributes. The span indexes `Sample.text`. */
export interface TokenContribution {
  readonly start: number;
  readonly end: number;
  /** Part of `taught` that comes from training on this token, nats per payload token. */
  readonly taught: number;
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
      readonly tokens?: readonly TokenContribution[];
    }
  | { readonly kind: 'failed'; readonly reason: string };
