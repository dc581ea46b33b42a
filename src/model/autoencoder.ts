import { join } from 'node:path';
import { type InferenceSession, Tensor } from 'onnxruntime-common';
import type { ModelPack, PackManifest } from './pack.js';
import { loadRuntime, type RuntimeName } from './runtime.js';
import { floats, indices } from './tensors.js';

/** Active latents of a run's tokens: columns of equal length, in the order of tokens, then latents. */
export interface SparseFeatures {
  /** Index of the token. */
  readonly token: Int32Array;
  readonly latent: Int32Array;
  /** Activation, a length in the residual stream; above the latent's threshold. */
  readonly value: Float32Array;
  /** Tokens that are no sinks: only they have features. */
  readonly kept: Int32Array;
}

export interface ChosenActivations {
  /** [tokens, latents] */
  readonly values: Float32Array;
  readonly kept: Int32Array;
}

export interface Reconstruction {
  /** [tokens, hidden]; that of a token without features is the decoder's bias. */
  readonly residual: Float32Array;
  /** 1 − Σ‖x − x′‖² / Σ‖x − m‖² over the kept tokens, m their mean. */
  readonly explained: number;
}

/** SAELens' name for it. */
const weightsFile = 'sae_weights.safetensors';
/** Tokens encoded at once: all latents of one are held for a moment, 32 kB each. */
const encodedAtOnce = 512;

/**
 * The sparse autoencoder of a pack, over the residual stream after block `pack.layer`. Sinks have no features: the first token of every
 * run, and the rare later token whose residual is longer than `sinkNorm`; see lab/backfire_lab/sae/graphs.py.
 */
export class Autoencoder {
  private constructor(
    readonly description: NonNullable<PackManifest['sae']>,
    private readonly hidden: number,
    private readonly encoder: InferenceSession,
    private readonly chosen: InferenceSession,
    private readonly decoder: InferenceSession,
  ) {}

  /** Undefined for a pack without an autoencoder. */
  static async open(
    { folder, manifest }: ModelPack,
    options: { threads?: number; runtime?: RuntimeName } = {},
  ): Promise<Autoencoder | undefined> {
    const { sae, model } = manifest;
    if (sae === undefined) return undefined;
    const runtime = await loadRuntime({ ...options, weights: [join(folder, weightsFile)] });
    const open = (graph: string) => runtime.open(join(folder, graph), false);
    const [encoder, chosen, decoder] = [
      await open(sae.encode),
      await open(sae.chosen),
      await open(sae.decode),
    ];
    return new Autoencoder(sae, model.hidden, encoder, chosen, decoder);
  }

  /** All active latents; `residual` is [tokens, hidden]. */
  async encode(residual: Float32Array): Promise<SparseFeatures> {
    const parts: SparseFeatures[] = [];
    const step = encodedAtOnce * this.hidden;
    for (let start = 0; start < residual.length; start += step) {
      const results = await this.encoder.run({
        residual: this.#matrix(residual.subarray(start, start + step)),
      });
      const tokens = (name: string) =>
        (results[name]!.data as Int32Array).map((index) => index + start / this.hidden);
      parts.push({
        token: tokens('token'),
        latent: results['latent']!.data as Int32Array,
        value: floats(results['value']),
        kept: tokens('kept'),
      });
    }
    return joined(parts);
  }

  /** Activations of a few latents; the cost is theirs alone. */
  async activations(residual: Float32Array, latents: readonly number[]): Promise<ChosenActivations> {
    const results = await this.chosen.run({ residual: this.#matrix(residual), latents: indices(latents) });
    return { values: floats(results['activation']), kept: results['kept']!.data as Int32Array };
  }

  /** What the features say of the residual stream that they were encoded from. */
  async reconstruct(residual: Float32Array, features: SparseFeatures): Promise<Reconstruction> {
    const column = (values: Int32Array) => new Tensor('int32', values, [values.length]);
    const results = await this.decoder.run({
      residual: this.#matrix(residual),
      token: column(features.token),
      latent: column(features.latent),
      value: new Tensor('float32', features.value, [features.value.length]),
      kept: column(features.kept),
    });
    return { residual: floats(results['reconstruction']), explained: floats(results['explained'])[0]! };
  }

  async close(): Promise<void> {
    await Promise.all([this.encoder, this.chosen, this.decoder].map((session) => session.release()));
  }

  #matrix(data: Float32Array): Tensor {
    return new Tensor('float32', data, [data.length / this.hidden, this.hidden]);
  }
}

function joined(parts: readonly SparseFeatures[]): SparseFeatures {
  const integers = (name: 'token' | 'latent' | 'kept') =>
    concatenated(
      parts.map((part) => part[name]),
      Int32Array,
    );
  const values = parts.map(({ value }) => value);
  return {
    token: integers('token'),
    latent: integers('latent'),
    value: concatenated(values, Float32Array),
    kept: integers('kept'),
  };
}

/** Block by block: number by number would take a quarter of the time of encoding. */
function concatenated<Column extends Int32Array | Float32Array>(
  columns: readonly Column[],
  create: new (length: number) => Column,
): Column {
  const whole = new create(columns.reduce((length, column) => length + column.length, 0));
  let start = 0;
  for (const column of columns) {
    whole.set(column, start);
    start += column.length;
  }
  return whole;
}
