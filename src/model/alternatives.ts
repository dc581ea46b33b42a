import { join } from 'node:path';
import { type InferenceSession, Tensor } from 'onnxruntime-common';
import type { ModelPack } from './pack.js';
import { loadRuntime, type RuntimeName } from './runtime.js';
import { floats, indices } from './tensors.js';

/** The tokens that the model holds likeliest after some rows, the likeliest first. */
export interface Likeliest {
  /** [rows, most] */
  readonly token: Int32Array;
  /** Nats, [rows, most]. */
  readonly logProbability: Float32Array;
}

/** What a pack's model would have expected instead; see `alternatives_graph` in lab/backfire_lab/graphs.py. */
export class Alternatives {
  private constructor(
    private readonly hidden: number,
    private readonly session: InferenceSession,
  ) {}

  /** Undefined for a pack without the graph, as those built before there was one. `weights` are the files of the model. */
  static async open(
    { folder, manifest }: ModelPack,
    options: { threads?: number; runtime?: RuntimeName; weights: readonly string[] },
  ): Promise<Alternatives | undefined> {
    const { alternatives } = manifest.graphs;
    if (alternatives === undefined) return undefined;
    const runtime = await loadRuntime(options);
    // One way: no copy of the unembedding is kept, a part of it is expanded at a time.
    return new Alternatives(manifest.model.hidden, await runtime.open(join(folder, alternatives), false));
  }

  /** `residual` is the last one, [tokens, hidden]. Takes memory for 4,096 logits a row: callers keep rows to some thousands. */
  async likeliest(residual: Float32Array, rows: readonly number[], most: number): Promise<Likeliest> {
    const results = await this.session.run({
      residual: new Tensor('float32', residual, [residual.length / this.hidden, this.hidden]),
      rows: indices(rows),
      most: indices([most]),
    });
    return {
      token: results['token']!.data as Int32Array,
      logProbability: floats(results['log_probability']),
    };
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
