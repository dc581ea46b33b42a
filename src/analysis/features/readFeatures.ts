import { type Autoencoder, type SparseFeatures } from '../../model/autoencoder.js';
import type { LanguageModel } from '../../model/languageModel.js';
import { layOut } from '../../model/layout.js';
import { PackError } from '../../model/pack.js';
import { type Encoding, withoutStart } from '../../model/tokenizer.js';
import type { ActiveFeature, FeatureReading, ReadToken } from './featureReading.js';

export interface FeatureQuestion {
  readonly text: string;
  /** Features of each token, at most. */
  readonly most: number;
  /** Read these alone. */
  readonly latents?: readonly number[];
}

/** Throws a PackError for a pack without an autoencoder, and a RangeError for a feature that it has not. */
export async function readFeatures(
  model: LanguageModel,
  { text, most, latents }: FeatureQuestion,
): Promise<FeatureReading> {
  const { manifest } = model.pack;
  const autoencoder = await autoencoderOf(model);
  for (const latent of latents ?? []) assertLatent(latent, autoencoder.description.width);
  const { ids, encoding, left } = textInWindow(model, text);
  if (encoding.ids.length === 0) return { tokens: [], left };
  const states = await model.residual(layOut([{ ids }]), manifest.layer);
  const residual = states.subarray((ids.length - encoding.ids.length) * manifest.model.hidden);
  return latents
    ? { tokens: await chosenFeatures(autoencoder, residual, encoding, latents), left }
    : { ...(await allFeatures(autoencoder, residual, encoding, most)), left };
}

/** Throws a PackError for a pack without one. */
export async function autoencoderOf(model: LanguageModel): Promise<Autoencoder> {
  const autoencoder = await model.autoencoder();
  if (autoencoder) return autoencoder;
  throw new PackError(`The pack ${model.pack.label} has no sparse autoencoder, so there are no features.`);
}

export function assertLatent(latent: number, width: number): void {
  if (latent >= width) {
    throw new RangeError(`Feature ${latent} is not there: this pack has features 0 to ${width - 1}.`);
  }
}

/** A text as the model reads it. */
export interface TextInWindow {
  /** What the model is given: before the text's tokens those that stand before every text, and are no part of it. */
  readonly ids: Int32Array;
  readonly encoding: Encoding;
  /** Tokens behind the model's window. */
  readonly left: number;
}

export function textInWindow({ tokenizer, pack }: LanguageModel, text: string): TextInWindow {
  const { ids, starts, ends } = tokenizer.encodeForModel(text);
  const most = pack.manifest.model.window;
  const run = {
    ids: ids.subarray(0, most),
    starts: starts.subarray(0, most),
    ends: ends.subarray(0, most),
  };
  return { ids: run.ids, encoding: withoutStart(run), left: ids.length - run.ids.length };
}

async function allFeatures(
  autoencoder: Autoencoder,
  residual: Float32Array,
  encoding: Encoding,
  most: number,
): Promise<Omit<FeatureReading, 'left'>> {
  const features = await autoencoder.encode(residual);
  const { explained } = await autoencoder.reconstruct(residual, features);
  const ofToken = byToken(features, encoding.ids.length);
  const kept = new Set(features.kept);
  const tokens = ofToken.map((active, index): ReadToken => {
    const strongest = active.sort((a, b) => b.value - a.value || a.latent - b.latent).slice(0, most);
    return {
      ...spanOf(encoding, index),
      features: strongest,
      active: active.length,
      isSink: !kept.has(index),
    };
  });
  // One kept token is its own mean: there is nothing to explain.
  return { tokens, ...(Number.isFinite(explained) ? { explained } : {}) };
}

async function chosenFeatures(
  autoencoder: Autoencoder,
  residual: Float32Array,
  encoding: Encoding,
  latents: readonly number[],
): Promise<ReadToken[]> {
  const { values, kept } = await autoencoder.activations(residual, latents);
  const isKept = new Set(kept);
  return Array.from(encoding.ids, (_, index): ReadToken => {
    const features = latents.map((latent, column) => ({
      latent,
      value: values[index * latents.length + column]!,
    }));
    const firing = features.filter(({ value }) => value > 0);
    return { ...spanOf(encoding, index), features: firing, isSink: !isKept.has(index) };
  });
}

function byToken({ token, latent, value }: SparseFeatures, tokens: number): ActiveFeature[][] {
  const found = Array.from({ length: tokens }, (): ActiveFeature[] => []);
  token.forEach((at, i) => found[at]!.push({ latent: latent[i]!, value: value[i]! }));
  return found;
}

function spanOf({ starts, ends }: Encoding, index: number) {
  return { start: starts[index]!, end: ends[index]! };
}
