import { type FeaturePage, type FeaturePages, filledBins } from '../../model/featurePages.js';
import type { DescribedFeature, HistogramBin, TokenValue } from './describedFeature.js';

type TokenText = (id: number) => string;

/** Throws a RangeError for a feature that is not there, or has no page. */
export async function describeFeature(
  pages: FeaturePages,
  tokenText: TokenText,
  feature: number,
): Promise<DescribedFeature> {
  if (feature >= pages.count)
    throw new RangeError(`Feature ${feature} is not there: this pack has features 0 to ${pages.count - 1}.`);
  const page = await pages.page(feature);
  const tokens = pages.index.tokens.training;
  if (page === undefined)
    throw new RangeError(
      `Feature ${feature} has no page: it fired in none of the ${tokens} tokens that pages are made from.`,
    );
  const { density, densityOfKind, strongest, label, logits, neighbours } = page;
  return {
    feature,
    label: {
      text: label.text,
      method: label.method,
      windows: label.windows,
      ...(label.score === undefined ? {} : { score: label.score }),
    },
    density,
    densityOfKind,
    tokens,
    strongest,
    histogram: binsOf(page.histogram, pages.index.edges),
    likelier: valuesOf(logits.up, tokenText),
    lessLikely: valuesOf(logits.down, tokenText),
    neighbours: neighbours[0].map((id, i) => ({
      feature: id,
      label: pages.label(id),
      cosine: neighbours[1][i]!,
    })),
    examples: examplesOf(page, tokenText),
  };
}

function binsOf(histogram: readonly number[], edges: readonly number[]): HistogramBin[] {
  const { first, counts } = filledBins(histogram);
  return counts.map((count, i) => {
    const [from, to] = [edges[first + i - 1], edges[first + i]];
    return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), count };
  });
}

function valuesOf([tokens, values]: FeaturePage['logits']['up'], tokenText: TokenText): TokenValue[] {
  return tokens.map((id, i) => ({ text: tokenText(id), value: values[i]! }));
}

/** Values of a page are hundredths of the largest. */
function examplesOf({ examples, max }: FeaturePage, tokenText: TokenText) {
  return examples.map(({ tokens, values, quantile }) => ({
    tokens: tokens.map(tokenText),
    values: values.map((share) => (share * max) / 100),
    quantile,
  }));
}
