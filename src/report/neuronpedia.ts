import type { FeatureIndex, FeaturePage } from '../model/featurePages.js';
import type { FeatureNames } from './featureText.js';

/** Where the features belong, in Neuronpedia's words. */
export interface FeatureSource {
  readonly modelId: string;
  /** Layer counted from 0 and a name, as `15-backfire-res-8k`. */
  readonly layer: string;
}

/** Lines of Neuronpedia's export: its files features, activations and explanations have one such line each. */
export interface NeuronpediaLines {
  readonly feature: object;
  readonly activations: readonly object[];
  readonly explanation: object;
}

/**
 * A page in the layout of Neuronpedia's export (docs/features.md says which fields it has). `binContains` is the share of windows
 * below an example's quantile; what is not known of a feature is absent.
 */
export function neuronpediaLines(
  page: FeaturePage,
  { edges }: FeatureIndex,
  names: FeatureNames,
  source: FeatureSource,
): NeuronpediaLines {
  const about = { modelId: source.modelId, layer: source.layer, index: String(page.id) };
  const strings = (tokens: readonly number[]) => tokens.map(names.token);
  const { up, down } = page.logits;
  return {
    feature: {
      ...about,
      pos_str: strings(up[0]),
      pos_values: up[1],
      neg_str: strings(down[0]),
      neg_values: down[1],
      frac_nonzero: page.density,
      freq_hist_data_bar_heights: page.histogram,
      freq_hist_data_bar_values: [0, ...edges],
      maxActApprox: page.strongest,
      topkCosSimIndices: page.neighbours[0],
      topkCosSimValues: page.neighbours[1],
    },
    activations: page.examples.map(({ tokens, values, quantile }) => {
      const activations = values.map((share) => Number(((share * page.max) / 100).toFixed(3)));
      const maxValue = Math.max(...activations);
      return {
        ...about,
        tokens: strings(tokens),
        values: activations,
        maxValue,
        maxValueTokenIndex: activations.indexOf(maxValue),
        minValue: Math.min(...activations),
        binContains: quantile,
      };
    }),
    explanation: {
      ...about,
      description: page.label.text,
      typeName: `backfire-${page.label.method}`,
      ...(page.label.score === undefined
        ? {}
        : { scores: [{ type: 'balanced accuracy', value: page.label.score }] }),
    },
  };
}
