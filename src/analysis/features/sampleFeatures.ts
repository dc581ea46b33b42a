/** Where a feature fires in a text: indices of tokens, ascending, and the activation at each. */
export interface FiringTokens {
  readonly tokens: readonly number[];
  readonly values: readonly number[];
}

/** Tokens of a text that was read for features. */
export interface ReadText {
  /** [tokens], UTF-16 units of the text; likewise `ends`. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Indices of tokens at which no feature is read, see `ReadToken.isSink`. */
  readonly sinks: readonly number[];
  /** Tokens behind the model's window: not read. */
  readonly left: number;
}

/** A feature in a sample beside its bare version. */
export interface SampleFeature {
  readonly latent: number;
  /** Mean activation over the payload's tokens, as in `SharedFeature`. */
  readonly sample: number;
  /** Absent without a bare version. */
  readonly bare?: number;
  readonly inSample: FiringTokens;
  readonly inBare?: FiringTokens;
}

/** What features say of a sample and of the same without its frame. */
export interface SampleFeatures {
  readonly sample: ReadText;
  readonly bare?: ReadText;
  /** What both payloads share most of first, then what only one of them lights up, dense features behind both; last those that were asked for and do not fire there. */
  readonly features: readonly SampleFeature[];
  /** Features that are active in either payload, listed or not. */
  readonly active: number;
}
