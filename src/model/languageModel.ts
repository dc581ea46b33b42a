import { join } from 'node:path';
import { type InferenceSession, Tensor } from 'onnxruntime-common';
import { Alternatives } from './alternatives.js';
import { Autoencoder } from './autoencoder.js';
import { FeaturePages } from './featurePages.js';
import { layOut, type RunLayout } from './layout.js';
import { type ModelPack, verifyPack } from './pack.js';
import { readTokenizer } from './packTokenizer.js';
import { Probe } from './probe.js';
import { loadRuntime, type Runtime, type RuntimeName } from './runtime.js';
import { floats, indices, vector } from './tensors.js';
import type { Tokenizer } from './tokenizer.js';

/** The residual stream where graphs end: block, counted from 1, to [tokens, hidden] after it, of a run's distinct tokens. */
export type ResidualStates = ReadonlyMap<number, Float32Array>;

export interface Predicted {
  /** log p(target), nats, [rows]; −87 at least. */
  readonly logProbability: Float32Array;
  /** Gradient of −log p(target) with respect to the last residual stream of the row that predicts it, [rows, hidden]. */
  readonly error: Float32Array;
}

/** What goes backwards: versions of a run, nothing shared, their tokens one after the other. */
export interface Graded {
  /** Index of each token in the run, [graded]. */
  readonly tokens: readonly number[];
  readonly layout: RunLayout;
  /** Gradient of the loss with respect to the last residual stream, [graded, hidden]; each version has a loss of its own. */
  readonly error: Float32Array;
  /** Which of the tokens are asked about, [queries]. */
  readonly queries: readonly number[];
}

interface Sessions {
  readonly head: InferenceSession;
  readonly segments: readonly InferenceSession[];
}

export interface ModelOptions {
  readonly threads?: number;
  /** The native one where it can be loaded, otherwise WebAssembly. */
  readonly runtime?: RuntimeName;
}

/** The pack's model, opened: weights expanded, graphs ready to run. All arithmetic on activations happens inside its graphs. */
export class LanguageModel {
  #autoencoder: Promise<Autoencoder | undefined> | undefined;
  #dense: Promise<ReadonlySet<number>> | undefined;
  #probe: Promise<Probe | undefined> | undefined;
  #alternatives: Promise<Alternatives | undefined> | undefined;

  private constructor(
    readonly pack: ModelPack,
    readonly tokenizer: Tokenizer,
    /** What runs the graphs. */
    readonly runtime: Pick<Runtime, 'name' | 'reason'>,
    private readonly threads: number | undefined,
    private readonly segments: readonly InferenceSession[],
    private readonly head: InferenceSession,
  ) {}

  /** Opens the sessions and meanwhile checks the content of every file. Throws a PackError when one was altered. */
  static async open(pack: ModelPack, options: ModelOptions = {}): Promise<LanguageModel> {
    const runtime = await loadRuntime({ ...options, weights: weightsOf(pack) });
    const verified = verifyPack(pack);
    const opened = openSessions(pack, runtime);
    // First the check: of a file that was altered, the runtime only says that it makes no sense.
    const [, tokenizer] = await Promise.all([verified, readTokenizer(pack), opened.catch(() => verified)]);
    const { head, segments } = await opened;
    const { name, reason } = runtime;
    return new LanguageModel(
      pack,
      tokenizer,
      { name, ...(reason === undefined ? {} : { reason }) },
      options.threads,
      segments,
      head,
    );
  }

  /** Residual stream after block `layer`, which must be the end of a segment; [tokens, hidden]. */
  async residual(run: RunLayout, layer: number): Promise<Float32Array> {
    return (await this.#run(run, layer)).get(layer)!;
  }

  /** Runs all layers; keeps what the last layer, a backward run and the autoencoder need. */
  async states(run: RunLayout): Promise<ResidualStates> {
    const { model, kernel, layer } = this.pack.manifest;
    const states = await this.#run(run, model.layers);
    return new Map([...states].filter(([block]) => block >= kernel.layer || block === layer));
  }

  async #run(run: RunLayout, upTo: number): Promise<Map<number, Float32Array>> {
    const feeds = layoutFeeds(run);
    const states = new Map<number, Float32Array>();
    let state: Tensor | undefined;
    for (const [index, { first, last }] of this.pack.manifest.graphs.segments.entries()) {
      if (last > upTo) break;
      const start: Record<string, Tensor> = state ? { residual: state } : { ids: vector(run.ids) };
      const nothing = this.#goesBack(first) ? this.#gradedFeeds(ungraded, new Float32Array()) : {};
      state = (await this.segments[index]!.run({ ...start, ...feeds, ...nothing })).result;
      states.set(last, floats(state));
    }
    return states;
  }

  /** `rows[i]`, a token of the run, predicts token `targets[i]`. Memory grows with rows × vocabulary: callers keep rows to some hundreds. */
  async predict(
    states: ResidualStates,
    rows: readonly number[],
    targets: readonly number[],
  ): Promise<Predicted> {
    const { layers, hidden } = this.pack.manifest.model;
    const results = await this.head.run({
      residual: this.#matrix(states.get(layers)!),
      rows: indices(atLeast(fewestRows, rows)),
      targets: indices(atLeast(fewestRows, targets)),
    });
    return {
      logProbability: floats(results['log_probability']).subarray(0, rows.length),
      error: floats(results['error']).subarray(0, rows.length * hidden),
    };
  }

  /**
   * Gradient products of every graded token with those asked about, [graded, queries]; see `grade` in lab/backfire_lab/graphs.py.
   * Memory grows by some 90 kB for each graded token.
   */
  async products(states: ResidualStates, graded: Graded): Promise<Float32Array> {
    const feeds = layoutFeeds(graded.layout);
    const queries = atLeast(fewestColumns, graded.queries);
    let { error } = graded;
    let products: Float32Array = new Float32Array(graded.tokens.length * queries.length);
    for (const [index, { first }] of [...this.pack.manifest.graphs.segments.entries()].reverse()) {
      if (!this.#goesBack(first)) break;
      const residual = this.#matrix(states.get(first - 1)!);
      const results = await this.segments[index]!.run({
        residual,
        ...feeds,
        ...this.#gradedFeeds({ ...graded, queries, error }, products),
      });
      error = floats(results['error']);
      products = floats(results['products']);
    }
    return firstColumns(products, queries.length, graded.queries.length);
  }

  /** Opened when it is first asked for; undefined for a pack without one. */
  autoencoder(): Promise<Autoencoder | undefined> {
    return (this.#autoencoder ??= Autoencoder.open(this.pack, this.#options()));
  }

  /** Features that fire at so many tokens that they tell nothing of one text; none where the pack has no feature pages. */
  denseFeatures(): Promise<ReadonlySet<number>> {
    return (this.#dense ??= FeaturePages.open(this.pack).then((pages) => pages?.dense ?? new Set()));
  }

  /** The same of the probe. */
  probe(): Promise<Probe | undefined> {
    return (this.#probe ??= Probe.open(this.pack, this.#options()));
  }

  /** The same of what the model would have expected. */
  alternatives(): Promise<Alternatives | undefined> {
    const weights = weightsOf(this.pack);
    return (this.#alternatives ??= Alternatives.open(this.pack, { ...this.#options(), weights }));
  }

  #options() {
    const { threads, runtime } = this;
    return { runtime: runtime.name, ...(threads === undefined ? {} : { threads }) };
  }

  #goesBack(first: number): boolean {
    return first > this.pack.manifest.kernel.layer;
  }

  #gradedFeeds({ tokens, layout, error, queries }: Graded, products: Float32Array): Record<string, Tensor> {
    return {
      graded: indices(tokens),
      ...Object.fromEntries(
        Object.entries(layoutFeeds(layout)).map(([name, value]) => [`graded_${name}`, value]),
      ),
      result_error: this.#matrix(error),
      queries: indices(queries),
      products_after: new Tensor('float32', products, [tokens.length, queries.length]),
    };
  }

  #matrix(data: Float32Array): Tensor {
    const width = this.pack.manifest.model.hidden;
    return new Tensor('float32', data, [data.length / width, width]);
  }

  async close(): Promise<void> {
    await (await this.#autoencoder)?.close();
    await (await this.#probe)?.close();
    await (await this.#alternatives)?.close();
    await Promise.all([...this.segments, this.head].map((session) => session.release()));
  }
}

/** Files into which the graphs of the model refer. */
function weightsOf({ folder, manifest: { files, sae } }: ModelPack): string[] {
  const stored = files.map(({ path }) => path).filter((path) => path.endsWith('.bin'));
  return stored.filter((path) => path !== sae?.pages?.file).map((path) => join(folder, path));
}

/**
 * One after the other, the largest first: a session holds its weights several times over while it expands them, and that
 * must not come on top of all the others.
 */
async function openSessions(pack: ModelPack, runtime: Runtime): Promise<Sessions> {
  const { graphs, kernel } = pack.manifest;
  const open = (graph: string, bothWays: boolean) => runtime.open(join(pack.folder, graph), bothWays);
  const sessions = { head: await open(graphs.head, true), segments: [] as InferenceSession[] };
  for (const { graph, first } of graphs.segments)
    sessions.segments.push(await open(graph, first > kernel.layer));
  return sessions;
}

function layoutFeeds(run: RunLayout): Record<string, Tensor> {
  return {
    layout: new Tensor('int64', run.layout, [run.lengths.length, run.length]),
    lengths: new Tensor('int32', run.lengths, [run.lengths.length]),
    home: vector(run.home),
  };
}

// The runtime adds up a matrix product in an order that depends on its shape where it has one row, or few columns: these keep to
// the shapes with the common order, so that what a run says of a text does not depend on what else is in it.
const fewestRows = 2;
const fewestColumns = 65;

/** The values, the first of them repeated until there are enough. */
function atLeast(count: number, values: readonly number[]): readonly number[] {
  const missing = Math.max(0, count - values.length);
  return [...values, ...Array.from({ length: missing }, () => values[0]!)];
}

function firstColumns(matrix: Float32Array, width: number, columns: number): Float32Array {
  const rows = matrix.length / width;
  const first = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    first.set(matrix.subarray(row * width, row * width + columns), row * columns);
  return first;
}

/** What a graph that runs both ways is given in a forward run. */
const ungraded: Graded = { tokens: [], layout: layOut([]), error: new Float32Array(), queries: [] };
