import type { Autoencoder, SparseFeatures } from '../../model/autoencoder.js';
import type { ForwardRun } from './forwardRun.js';
import type { RunText, VersionSet } from './versionSet.js';

/** A feature on the payload, in the sample and in its bare version: sums of activations over payload tokens. */
export interface FeatureSums {
  sample: number;
  bare: number;
  /** The smaller of the two at each token. */
  shared: number;
}

/** Σ min and Σ max over pairs of payload token and feature; windows of one sample add up. */
export interface Overlap {
  readonly shared: number;
  readonly either: number;
  readonly byLatent: ReadonlyMap<number, FeatureSums>;
  readonly tokens: number;
}

/** A feature that the payload lights up with and without its frame; means over payload tokens. */
export interface SharedFeature {
  readonly latent: number;
  readonly sample: number;
  readonly bare: number;
}

const noFeatures: SparseFeatures = {
  token: new Int32Array(),
  latent: new Int32Array(),
  value: new Float32Array(),
  kept: new Int32Array(),
};

/** Features of payloads in the sample and in the bare version of each set; undefined where nothing was left to delete. */
export async function payloadOverlaps(
  autoencoder: Autoencoder,
  run: ForwardRun,
  layer: number,
): Promise<(Overlap | undefined)[]> {
  const residual = run.states.get(layer)!;
  const width = autoencoder.description.hidden;
  const rows: number[] = [];
  const startOf = new Map<RunText, number>();
  for (const [index, { sample, bare }] of run.sets.entries()) {
    for (const text of bare ? [sample, bare] : []) {
      startOf.set(text, rows.length);
      for (let at = text.payload.start; at < text.payload.end; at++) rows.push(run.token(index, text, at));
    }
  }
  const gathered = new Float32Array(rows.length * width);
  rows.forEach((row, i) => gathered.set(residual.subarray(row * width, (row + 1) * width), i * width));
  const features = rows.length > 0 ? await autoencoder.encode(gathered) : noFeatures;
  return run.sets.map((set) => overlapOf(set, features, startOf));
}

function overlapOf(
  { sample, bare }: VersionSet,
  features: SparseFeatures,
  startOf: ReadonlyMap<RunText, number>,
): Overlap | undefined {
  if (bare === undefined) return undefined;
  const tokens = Math.min(payloadTokens(sample), payloadTokens(bare));
  const rowsOf = (text: RunText) => {
    const start = startOf.get(text)! + payloadTokens(text) - tokens;
    return Array.from({ length: tokens }, (_, place) => start + place);
  };
  return payloadOverlap(features, rowsOf(sample), rowsOf(bare));
}

function payloadTokens({ payload }: RunText): number {
  return payload.end - payload.start;
}

/**
 * What two versions share at the same tokens of the payload; for each, the rows of `features` that are these tokens. They count
 * from the payload's first token that both have: where one joins the payload's first characters with what stands before, it
 * has fewer.
 */
export function payloadOverlap(
  features: SparseFeatures,
  sample: readonly number[],
  bare: readonly number[],
): Overlap {
  return overlap(byPlace(features, sample), byPlace(features, bare), sample.length);
}

/** Activation by "place latent". */
function byPlace({ token, latent, value }: SparseFeatures, rows: readonly number[]): Map<string, number> {
  const placeOf = new Map(rows.map((row, place) => [row, place]));
  const found = new Map<string, number>();
  for (const [i, at] of token.entries()) {
    const place = placeOf.get(at);
    if (place !== undefined) found.set(`${place} ${latent[i]}`, value[i]!);
  }
  return found;
}

function overlap(sample: Map<string, number>, bare: Map<string, number>, tokens: number): Overlap {
  const byLatent = new Map<number, FeatureSums>();
  let shared = 0;
  let either = 0;
  for (const key of new Set([...sample.keys(), ...bare.keys()])) {
    const [inSample, inBare] = [sample.get(key) ?? 0, bare.get(key) ?? 0];
    shared += Math.min(inSample, inBare);
    either += Math.max(inSample, inBare);
    const latent = Number(key.split(' ')[1]);
    const sums = byLatent.get(latent) ?? { sample: 0, bare: 0, shared: 0 };
    sums.sample += inSample;
    sums.bare += inBare;
    sums.shared += Math.min(inSample, inBare);
    byLatent.set(latent, sums);
  }
  return { shared, either, byLatent, tokens };
}

export function joinOverlaps(overlaps: readonly Overlap[]): Overlap {
  const byLatent = new Map<number, FeatureSums>();
  for (const [latent, sums] of overlaps.flatMap((part) => [...part.byLatent])) {
    const all = byLatent.get(latent) ?? { sample: 0, bare: 0, shared: 0 };
    all.sample += sums.sample;
    all.bare += sums.bare;
    all.shared += sums.shared;
    byLatent.set(latent, all);
  }
  const sum = (name: 'shared' | 'either' | 'tokens') =>
    overlaps.reduce((total, part) => total + part[name], 0);
  return { shared: sum('shared'), either: sum('either'), tokens: sum('tokens'), byLatent };
}

/** Σ min / Σ max of activations: 1 where the frame changes no feature of the payload. Undefined where none is active. */
export function entanglement({ shared, either }: Overlap): number | undefined {
  return either > 0 ? shared / either : undefined;
}

/** The features that both versions share most of, the strongest first; without those that are dense. */
export function sharedFeatures(
  { byLatent, tokens }: Overlap,
  most: number,
  dense: ReadonlySet<number>,
): SharedFeature[] {
  return [...byLatent]
    .filter(([latent, sums]) => sums.shared > 0 && !dense.has(latent))
    .sort(([a, x], [b, y]) => y.shared - x.shared || a - b)
    .slice(0, most)
    .map(([latent, { sample, bare }]) => ({ latent, sample: sample / tokens, bare: bare / tokens }));
}
