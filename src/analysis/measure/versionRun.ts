import type { LanguageModel } from '../../model/languageModel.js';
import { type Overlap, payloadOverlaps } from './entanglement.js';
import { runForward } from './forwardRun.js';
import { grade } from './grading.js';
import type { RunText, VersionSet } from './versionSet.js';

/** The model's answers about one sample, addressed by version and position. */
export interface VersionResult {
  /** log p of the token at a position of a text, nats; undefined for the first, and for the query's context. */
  logProbability(text: RunText, position: number): number | undefined;
  /** Gradient products of a text's predicted tokens with the payload's after the neutral context, [text tokens − 1, payload tokens]. */
  products(text: RunText): Float32Array;
  /** Of the payload's features in the sample and in the bare version; undefined where there is none, or no autoencoder. */
  readonly overlap?: Overlap;
  /** Score of the pack's probe at a position of a text; NaN for a sink, undefined without a probe. */
  probe(text: RunText, position: number): number | undefined;
}

/** Runs several sets at once. `sets` should be of like length: attention pads to the longest version. */
export async function runVersionSets(
  model: LanguageModel,
  sets: readonly VersionSet[],
): Promise<VersionResult[]> {
  const run = await runForward(model, sets);
  const products = await grade(model, run);
  const autoencoder = await model.autoencoder();
  const overlaps = autoencoder && (await payloadOverlaps(autoencoder, run, model.pack.manifest.layer));
  const probe = await model.probe();
  const scores = probe && (await probe.scores(run.states.get(model.pack.manifest.layer)!));
  return sets.map((_, index) => {
    const overlap = overlaps?.[index];
    return {
      logProbability: (text, position) => run.logProbability(index, text, position),
      products: (text) => products.get(text)!,
      probe: (text, position) => scores?.[run.token(index, text, position)],
      ...(overlap ? { overlap } : {}),
    };
  });
}
