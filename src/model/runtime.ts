import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { InferenceSession } from 'onnxruntime-common';

/** `native` is several times as fast; `wasm` runs wherever Node does. */
export const runtimeNames = ['native', 'wasm'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** ONNX Runtime, loaded: it opens graphs. */
export interface Runtime {
  readonly name: RuntimeName;
  /** Why the native one is not used, where it was tried. */
  readonly reason?: string;
  /**
   * `bothWays`: the graph multiplies by a matrix and by its transpose, for each of which the runtime would keep a copy packed its
   * way.
   */
  open(path: string, bothWays: boolean): Promise<InferenceSession>;
}

export interface RuntimeOptions {
  /** The native one by default, or where it can't be loaded the other. */
  readonly runtime?: RuntimeName;
  readonly threads?: number;
  /** Files into which the graphs refer for their weights. */
  readonly weights: readonly string[];
}

/**
 * More threads would get parts of a matrix product so small that the runtime adds them up in another order, and a measure
 * would depend on what else is in its run. So it does where a processor has two kinds of cores: there each thread gets several parts.
 */
const mostThreads = 7;

/** Rejects with the native runtime's error where no runtime can be loaded. */
export async function loadRuntime(given: RuntimeOptions): Promise<Runtime> {
  const isTooMany = (given.threads ?? availableParallelism()) > mostThreads;
  const options = isTooMany ? { ...given, threads: mostThreads } : given;
  if (options.runtime === 'wasm') return loadWasm(options);
  try {
    return await loadNative(options);
  } catch (error) {
    if (options.runtime === 'native') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    try {
      return { ...(await loadWasm(options)), reason };
    } catch {
      throw error;
    }
  }
}

async function loadNative({ threads }: RuntimeOptions): Promise<Runtime> {
  // Its library reports to its makers over the network unless this is set before it is loaded (on Windows, to the system's own log).
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { InferenceSession } = await import('onnxruntime-node');
  return {
    name: 'native',
    open: (path, bothWays) =>
      InferenceSession.create(path, {
        ...sessionOptions(bothWays),
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      }),
  };
}

/** The weights are in memory for as long as somebody holds the runtime: until the graphs are open. */
async function loadWasm({ threads, weights }: RuntimeOptions): Promise<Runtime> {
  const { env, InferenceSession } = await import('onnxruntime-web');
  env.wasm.numThreads = threads ?? availableParallelism();
  const externalData = Promise.all(
    weights.map(async (path) => ({ path: basename(path), data: await readFile(path) })),
  );
  externalData.catch(() => {});
  return {
    name: 'wasm',
    open: async (path, bothWays) =>
      InferenceSession.create(await readFile(path), {
        ...sessionOptions(bothWays),
        executionProviders: ['wasm'],
        externalData: await externalData,
      }),
  };
}

function sessionOptions(bothWays: boolean): InferenceSession.SessionOptions {
  return {
    graphOptimizationLevel: 'all',
    // Without the arena, buffers of a long run go back to the system: it keeps the process under its bound.
    enableCpuMemArena: false,
    // Without a pattern, each tensor is a block of its own: one block for all of a run would be mapped and cleared anew each time.
    enableMemPattern: false,
    // Each session has threads of its own; those of one must not spin while the next one runs.
    extra: { session: { force_spinning_stop: '1', ...(bothWays ? { disable_prepacking: '1' } : {}) } },
  };
}
