import { join } from 'node:path';
import { type InferenceSession, Tensor } from 'onnxruntime-common';
import type { ModelPack, PackManifest } from './pack.js';
import { loadRuntime, type RuntimeName } from './runtime.js';
import { floats } from './tensors.js';

/**
 * The linear probe of a pack for flagged payloads, over the residual stream after block `pack.layer`. docs/science.md says what it
 * was trained on, and how little it can tell.
 */
export class Probe {
  private constructor(
    readonly description: NonNullable<PackManifest['probe']>,
    private readonly hidden: number,
    private readonly session: InferenceSession,
  ) {}

  /** Undefined for a pack without a probe. */
  static async open(
    { folder, manifest }: ModelPack,
    options: { threads?: number; runtime?: RuntimeName } = {},
  ): Promise<Probe | undefined> {
    const { probe, model } = manifest;
    if (probe === undefined) return undefined;
    const runtime = await loadRuntime({ ...options, weights: [] });
    return new Probe(probe, model.hidden, await runtime.open(join(folder, probe.graph), false));
  }

  /** Score of each token, a logit, [tokens]; NaN for sinks. `residual` is [tokens, hidden]. */
  async scores(residual: Float32Array): Promise<Float32Array> {
    const matrix = new Tensor('float32', residual, [residual.length / this.hidden, this.hidden]);
    return floats((await this.session.run({ residual: matrix }))['score']);
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
