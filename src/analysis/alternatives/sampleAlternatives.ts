import type { Span } from '../span.js';

/** A token that the model held likely. */
export interface Alternative {
  /** U+FFFD stands for the part of a character that a token may hold. */
  readonly text: string;
  readonly probability: number;
  /** It is the one that stands there. */
  readonly isActual?: true;
}

/** What the model would have expected in the place of one token, the likeliest first. Spans are those of its measures. */
export interface TokenAlternatives extends Span {
  readonly likeliest: readonly Alternative[];
}

/** All tokens of a sample that the model predicts, each after all that stands before it when the sample is measured. */
export interface SampleAlternatives {
  readonly sample: readonly TokenAlternatives[];
  /** The same of the bare version; absent where there is none. */
  readonly bare?: readonly TokenAlternatives[];
}
