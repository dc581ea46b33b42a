import type { Peer } from './peer.js';
import type { Reading } from './reading.js';

/** What is used of node-llama-cpp; its own types are only there once the bench has installed it. */
export interface LlamaModule {
  readonly getLlama: (options: Readonly<Record<string, unknown>>) => Promise<Llama>;
}

interface Llama {
  readonly llamaCppRelease: { readonly release: string };
  loadModel(options: Readonly<Record<string, unknown>>): Promise<LlamaModel>;
  dispose(): Promise<void>;
}

interface LlamaModel {
  createContext(options: Readonly<Record<string, unknown>>): Promise<LlamaContext>;
}

interface LlamaContext {
  getSequence(): LlamaSequence;
  dispose(): Promise<void>;
}

interface LlamaSequence {
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
}

/**
 * node-llama-cpp with the GGUF that the pack was built from, on all cores, no graphics card. It fills its cache for every
 * token and computes no logits; the cache is emptied outside the clock. Batches of up to 512 tokens are its default, and flash
 * attention was the faster setting.
 */
export async function openLlama(
  load: () => Promise<unknown>,
  gguf: string,
  threads: number,
  readings: readonly Reading[],
): Promise<Peer> {
  const { getLlama } = (await load()) as LlamaModule;
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath: gguf, gpuLayers: 0 });
  const context = await model.createContext({
    contextSize: 512,
    sequences: Math.max(...readings.map(({ texts }) => texts.length)),
    batchSize: 512,
    threads,
    flashAttention: true,
  });
  const sequences = readings
    .reduce((most, reading) => (reading.texts.length > most.texts.length ? reading : most))
    .texts.map(() => context.getSequence());
  return {
    section: `node-llama-cpp (llama.cpp ${llama.llamaCppRelease.release}), the GGUF of the pack's weights`,
    atLeast: 1.6,
    contender: ({ texts }) => ({
      before: () => Promise.all(sequences.map((sequence) => sequence.clearHistory())),
      run: () =>
        Promise.all(texts.map((ids, i) => sequences[i]!.evaluateWithoutGeneratingNewTokens([...ids]))),
    }),
    close: () => llama.dispose(),
  };
}
