import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { RunLayout } from './layout.js';
import { type ModelPack, verifyPack } from './pack.js';
import { Tokenizer } from './tokenizer.js';

/** What one run of the model leaves for the measures, one row for each distinct token of the run. */
export interface HiddenStates {
  /** After the last norm, [tokens, hidden]. */
  readonly hidden: Float32Array;
  /** Residual stream at the kernel's layer, [tokens, hidden]. */
  readonly kernelResidual: Float32Array;
}

/** Of a run, state `rows[i]` predicts token `targets[i]`. */
export interface Predictions {
  readonly states: HiddenStates;
  readonly rows: readonly number[];
  readonly targets: readonly number[];
}

export interface KernelResult {
  /** log p(target), nats, [rows]; −87 at least. */
  readonly logProbability: Float32Array;
  /** The same of the query, [queries]. */
  readonly queryLogProbability: Float32Array;
  /** Sharpened gradient products of every prediction with every one of the query, [rows, queries]; see lab/backfire_lab/graphs.py. */
  readonly products: Float32Array;
}

interface Sessions {
  readonly kernel: ort.InferenceSession;
  readonly segments: readonly ort.InferenceSession[];
}

/** The pack's model, opened: weights expanded, graphs ready to run. All arithmetic on activations happens inside its graphs. */
export class LanguageModel {
  private constructor(
    readonly pack: ModelPack,
    readonly tokenizer: Tokenizer,
    private readonly segments: readonly ort.InferenceSession[],
    private readonly kernelSession: ort.InferenceSession,
  ) {}

  /** Opens the sessions and meanwhile checks the content of every file. Throws a PackError when one was altered. */
  static async open(pack: ModelPack, options: { threads?: number } = {}): Promise<LanguageModel> {
    const verified = verifyPack(pack);
    const opened = openSessions(pack, options.threads);
    // First the check: of a file that was altered, the runtime only says that it makes no sense.
    const [, tokenizer] = await Promise.all([verified, readTokenizer(pack), opened.catch(() => verified)]);
    const { kernel, segments } = await opened;
    return new LanguageModel(pack, tokenizer, segments, kernel);
  }

  /** Residual stream after block `layer`, which must be the end of a segment; [tokens, hidden]. */
  async residual(run: RunLayout, layer: number): Promise<Float32Array> {
    return (await this.#run(run, layer)).last;
  }

  /** Runs all layers. */
  async hiddenStates(run: RunLayout): Promise<HiddenStates> {
    const { model, kernel } = this.pack.manifest;
    const { last, at } = await this.#run(run, model.layers, kernel.layer);
    return { hidden: last, kernelResidual: at! };
  }

  async #run(
    run: RunLayout,
    upTo: number,
    keep?: number,
  ): Promise<{ last: Float32Array; at?: Float32Array }> {
    const feeds = layoutFeeds(run);
    let state: ort.Tensor | undefined;
    let kept: Float32Array | undefined;
    for (const [index, { last }] of this.pack.manifest.graphs.segments.entries()) {
      if (last > upTo) break;
      const start: Record<string, ort.Tensor> = state ? { residual: state } : { ids: vector(run.ids) };
      state = (await this.segments[index]!.run({ ...start, ...feeds })).result;
      if (last === keep) kept = floats(state);
    }
    return { last: floats(state), ...(kept ? { at: kept } : {}) };
  }

  /** Log-probabilities and gradient products. Memory grows with rows × vocabulary: callers keep rows to some hundreds. */
  async kernel(predictions: Predictions, query: Predictions): Promise<KernelResult> {
    const width = this.pack.manifest.model.hidden;
    const matrix = (data: Float32Array) => new ort.Tensor('float32', data, [data.length / width, width]);
    const indices = (values: readonly number[]) => vector(BigInt64Array.from(values, BigInt));
    const results = await this.kernelSession.run({
      hidden: matrix(predictions.states.hidden),
      kernel_residual: matrix(predictions.states.kernelResidual),
      rows: indices(predictions.rows),
      targets: indices(predictions.targets),
      query_hidden: matrix(query.states.hidden),
      query_kernel_residual: matrix(query.states.kernelResidual),
      query_rows: indices(query.rows),
      query_targets: indices(query.targets),
    });
    return {
      logProbability: floats(results['log_probability']),
      queryLogProbability: floats(results['query_log_probability']),
      products: floats(results['products']),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.segments, this.kernelSession].map((session) => session.release()));
  }
}

/**
 * One after the other, the largest first: a session holds its weights several times over while it expands them, and that
 * must not come on top of all the others.
 */
async function openSessions(pack: ModelPack, threads?: number): Promise<Sessions> {
  const { kernel, segments } = pack.manifest.graphs;
  const open = (graph: string) => openSession(join(pack.folder, graph), threads);
  const sessions = { kernel: await open(kernel), segments: [] as ort.InferenceSession[] };
  for (const { graph } of segments) sessions.segments.push(await open(graph));
  return sessions;
}

function openSession(path: string, threads: number | undefined): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(path, {
    graphOptimizationLevel: 'all',
    // Without the arena, buffers of a long run go back to the system: it keeps the process under its bound.
    enableCpuMemArena: false,
    // Without a pattern, each tensor is a block of its own: one block for all of a run would be mapped and cleared anew each time.
    enableMemPattern: false,
    // Each session has threads of its own; those of one must not spin while the next one runs.
    extra: { session: { force_spinning_stop: '1' } },
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
}

/** The tokenizer alone, without the weights. */
export async function readTokenizer(pack: ModelPack): Promise<Tokenizer> {
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(pack.folder, name), 'utf8'));
  return Tokenizer.fromJson(await json('tokenizer.json'), await json('tokenizer_config.json'));
}

function layoutFeeds(run: RunLayout): Record<string, ort.Tensor> {
  return {
    layout: new ort.Tensor('int64', run.layout, [run.lengths.length, run.length]),
    lengths: new ort.Tensor('int32', run.lengths, [run.lengths.length]),
    home: vector(run.home),
  };
}

function vector(values: BigInt64Array): ort.Tensor {
  return new ort.Tensor('int64', values, [values.length]);
}

function floats(tensor: ort.Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}
