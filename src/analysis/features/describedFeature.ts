/** A token, or the text of one, with a number. */
export interface TokenValue {
  readonly text: string;
  readonly value: number;
}

/** A window of text with the activation at each token. */
export interface FeatureExample {
  readonly tokens: readonly string[];
  readonly values: readonly number[];
  /** Of its largest activation among those of all windows. */
  readonly quantile: number;
}

/** Tokens with an activation from `from` up to `to`. */
export interface HistogramBin {
  readonly from?: number;
  readonly to?: number;
  readonly count: number;
}

/** The page of a feature, with the text of its tokens and the labels of its neighbours: a plain record. */
export interface DescribedFeature {
  readonly feature: number;
  readonly label: {
    readonly text: string;
    readonly method: 'tokens' | 'lift';
    readonly score?: number;
    readonly windows: number;
  };
  /** Share of `tokens` at which it fires. */
  readonly density: number;
  readonly densityOfKind: Readonly<Record<string, number>>;
  readonly tokens: number;
  /** Largest activation among them. */
  readonly strongest: number;
  /** Without the empty bins at both ends. */
  readonly histogram: readonly HistogramBin[];
  /** What its direction adds to the logits of tokens, the mean token's taken off. */
  readonly likelier: readonly TokenValue[];
  readonly lessLikely: readonly TokenValue[];
  readonly neighbours: readonly {
    readonly feature: number;
    readonly label: string;
    readonly cosine: number;
  }[];
  readonly examples: readonly FeatureExample[];
}

/** What is known of all features at once. */
export interface FeatureListing {
  /** [features]; empty for one without a page. */
  readonly labels: readonly string[];
  /** [features], share of tokens at which each fires. */
  readonly densities: readonly number[];
}
