import type { Span } from '../span.js';

/** A feature at a token. */
export interface ActiveFeature {
  readonly latent: number;
  /** A length in the residual stream. */
  readonly value: number;
}

export interface ReadToken extends Span {
  /** Strongest first; for chosen features, those that were asked for and fire. */
  readonly features: readonly ActiveFeature[];
  /** Active features in all; undefined where only chosen ones were read. */
  readonly active?: number;
  /** Its residual is that of a text's first token: no features are read there. */
  readonly isSink: boolean;
}

/** The features of a text. */
export interface FeatureReading {
  readonly tokens: readonly ReadToken[];
  /** Share of the residual stream's variance that the features explain, sinks left out; undefined for chosen features. */
  readonly explained?: number;
  /** Tokens behind the model's window: not read. */
  readonly left: number;
}
