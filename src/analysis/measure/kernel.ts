import type { Estimate } from '../finding.js';
import { randomBelow } from '../random.js';

/**
 * What a text teaches of a payload, from the gradient products of its tokens with the payload's.
 *
 * The product of tokens s and q is the inner product of what they add to two gradients with respect to the attentions' output
 * matrices: that of the text's loss, and that of the payload's. Its sum g_q over s is the first-order fall of the payload's
 * loss, as far as token q carries it, when the text is trained on. It saturates, since a token can't be taught more than its own
 * NLL: taught_q = nll_q (1 − exp(−c g_q / nll_q)).
 */
export interface TaughtTokens {
  /** taught_q of each payload token, nats. */
  readonly byQuery: Float64Array;
  /** Contribution of each token of the text to the mean over payload tokens, nats per payload token. */
  readonly byToken: Float64Array;
}

/**
 * @param products of every predicted token of the text with the payload's, [rows, queries]
 * @param queryNll NLL of each payload token after the neutral context, nats, [queries]
 * @param saturation the constant c
 */
export function taughtTokens(
  products: Float32Array,
  queryNll: Float64Array,
  saturation: number,
): TaughtTokens {
  const queries = queryNll.length;
  const rows = products.length / queries;
  const byQuery = new Float64Array(queries);
  const byToken = new Float64Array(rows);
  for (let q = 0; q < queries; q++) {
    let gain = 0;
    for (let row = 0; row < rows; row++) gain += products[row * queries + q]!;
    const nll = Math.max(queryNll[q]!, 1e-6);
    // Training against the payload (gain < 0) is left linear: nothing bounds how unlikely a token can become.
    const taught = gain > 0 ? nll * -Math.expm1((-saturation * gain) / nll) : saturation * gain;
    byQuery[q] = taught;
    const scale = gain === 0 ? 0 : taught / gain / queries;
    for (let row = 0; row < rows; row++) byToken[row]! += products[row * queries + q]! * scale;
  }
  return { byQuery, byToken };
}

const resamples = 400;
const seed = 0x9e3779b9;

/** Mean with its 90 % bootstrap interval over payload tokens; the seed is fixed, so the same sample has the same interval. */
export function meanEstimate(values: Float64Array): Estimate {
  return estimate(
    sum(values) / values.length,
    resampledSums(values).map((total) => total / values.length),
  );
}

/** Ratio of two means over the same payload tokens, resampled together; undefined where the denominator is not positive. */
export function ratioEstimate(numerator: Float64Array, denominator: Float64Array): Estimate | undefined {
  const below = sum(denominator);
  if (!(below > 0)) return undefined;
  const drawnBelow = resampledSums(denominator);
  const ratios = resampledSums(numerator).map((above, i) => above / drawnBelow[i]!);
  return estimate(
    sum(numerator) / below,
    ratios.filter((_, i) => drawnBelow[i]! > 0),
  );
}

function estimate(value: number, draws: Float64Array): Estimate {
  const sorted = draws.filter(Number.isFinite).sort();
  const quantile = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? value;
  return { value, low: Math.min(value, quantile(0.05)), high: Math.max(value, quantile(0.95)) };
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Sums over values drawn with replacement, [resamples]: the same draws for all values of one length. */
function resampledSums(values: Float64Array): Float64Array {
  const size = values.length;
  const random = randomBelow(seed);
  return Float64Array.from({ length: resamples }, () => {
    let total = 0;
    for (let i = 0; i < size; i++) total += values[random(size)]!;
    return total;
  });
}
