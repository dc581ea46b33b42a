import type { SparseFeatures } from '../../model/autoencoder.js';
import type { LanguageModel } from '../../model/languageModel.js';
import { layOut, type RunLayout, sharedPrefix, tokenIndex } from '../../model/layout.js';
import { type Encoding, tokenRange } from '../../model/tokenizer.js';
import { type FeatureSums, payloadOverlap } from '../measure/entanglement.js';
import { rounded } from '../measure/rounding.js';
import { bareVersion, payloadOf } from '../measure/versions.js';
import type { Sample } from '../sample.js';
import type { Span } from '../span.js';
import { assertLatent, autoencoderOf, type TextInWindow, textInWindow } from './readFeatures.js';
import type { FiringTokens, ReadText, SampleFeature, SampleFeatures } from './sampleFeatures.js';

export interface SampleFeaturesQuestion {
  readonly sample: Sample;
  /** Features that are listed, at most. */
  readonly most: number;
  /** Listed in any case. */
  readonly latents?: readonly number[];
}

/** Which features are told. */
interface Listed {
  readonly most: number;
  readonly latents: readonly number[];
  /** Listed last. */
  readonly dense: ReadonlySet<number>;
}

/** A version in a run of one or two. */
interface PlacedVersion {
  readonly encoding: Encoding;
  readonly left: number;
  readonly payload: Span;
  /** Index in the run of the token at each position. */
  readonly rows: readonly number[];
}

/** Throws as `readFeatures` does. One run for both versions: what they have in common is computed once. */
export async function readSampleFeatures(
  model: LanguageModel,
  { sample, most, latents = [] }: SampleFeaturesQuestion,
): Promise<SampleFeatures> {
  const autoencoder = await autoencoderOf(model);
  for (const latent of latents) assertLatent(latent, autoencoder.description.width);
  const whole = textInWindow(model, sample.text);
  if (whole.encoding.ids.length === 0) return { sample: readText(whole, []), features: [], active: 0 };
  const bare = bareVersion(sample);
  const other = bare && textInWindow(model, bare.text);
  const texts = [whole, ...(other && other.encoding.ids.length > 0 ? [other] : [])];
  const run = layOut(versionsOf(texts));
  const features = await autoencoder.encode(await model.residual(run, model.pack.manifest.layer));
  const payloads = [payloadOf(sample), bare?.payload ?? { start: 0, end: 0 }];
  const [first, second] = texts.map((text, version) => placed(text, payloads[version]!, run, version));
  return rounded(answer(features, first!, second, { most, latents, dense: await model.denseFeatures() }));
}

function versionsOf([whole, bare]: readonly TextInWindow[]) {
  const version = { ids: whole!.ids };
  if (!bare) return [version];
  const tokens = sharedPrefix(whole!.ids, bare.ids);
  return [version, { ids: bare.ids, ...(tokens > 0 ? { sharedWith: { version: 0, tokens } } : {}) }];
}

function placed(
  { ids, encoding, left }: TextInWindow,
  payload: Span,
  run: RunLayout,
  version: number,
): PlacedVersion {
  const before = ids.length - encoding.ids.length;
  const rows = Array.from(encoding.ids, (_, position) => tokenIndex(run, version, before + position));
  return { encoding, left, payload: tokenRange(encoding, payload), rows };
}

function answer(
  features: SparseFeatures,
  sample: PlacedVersion,
  bare: PlacedVersion | undefined,
  { most, latents, dense }: Listed,
): SampleFeatures {
  const { byLatent, tokens } = sumsOf(features, sample, bare);
  const strength = ({ sample, bare }: FeatureSums) => Math.max(sample, bare);
  const isDense = (latent: number) => Number(dense.has(latent));
  const order = [...byLatent].sort(
    ([a, x], [b, y]) => isDense(a) - isDense(b) || y.shared - x.shared || strength(y) - strength(x) || a - b,
  );
  const listed = [...new Set([...order.slice(0, most).map(([latent]) => latent), ...latents])];
  const inSample = firingIn(features, sample, listed);
  const inBare = bare && firingIn(features, bare, listed);
  return {
    sample: readText(sample, features.kept),
    ...(bare ? { bare: readText(bare, features.kept) } : {}),
    features: listed.map((latent): SampleFeature => {
      const sums = byLatent.get(latent) ?? { sample: 0, bare: 0 };
      return {
        latent,
        sample: sums.sample / Math.max(1, tokens),
        inSample: inSample.get(latent)!,
        ...(inBare ? { bare: sums.bare / Math.max(1, tokens), inBare: inBare.get(latent)! } : {}),
      };
    }),
    active: byLatent.size,
  };
}

/** Sums over the payload; without a bare version there is nothing to share, and the sample is compared with itself. */
function sumsOf(features: SparseFeatures, sample: PlacedVersion, bare = sample) {
  const length = ({ payload }: PlacedVersion) => payload.end - payload.start;
  const tokens = Math.min(length(sample), length(bare));
  const rows = (version: PlacedVersion) => {
    const { rows, payload } = version;
    return rows.slice(payload.end - tokens, payload.end);
  };
  return payloadOverlap(features, rows(sample), rows(bare));
}

function firingIn(
  { token, latent, value }: SparseFeatures,
  { rows }: PlacedVersion,
  latents: readonly number[],
): ReadonlyMap<number, FiringTokens> {
  const positionOf = new Map(rows.map((row, position) => [row, position]));
  const found = new Map(latents.map((each) => [each, { tokens: [] as number[], values: [] as number[] }]));
  for (const [i, row] of token.entries()) {
    const column = found.get(latent[i]!);
    const position = positionOf.get(row);
    if (!column || position === undefined) continue;
    column.tokens.push(position);
    column.values.push(value[i]!);
  }
  return found;
}

function readText(
  { encoding, left, rows = [] }: { encoding: Encoding; left: number; rows?: readonly number[] },
  kept: Iterable<number>,
): ReadText {
  const isKept = new Set(kept);
  return {
    starts: [...encoding.starts],
    ends: [...encoding.ends],
    sinks: rows.flatMap((row, position) => (isKept.has(row) ? [] : [position])),
    left,
  };
}
