import { basename, dirname } from 'node:path';
import type { LanguageModel } from '../src/model/languageModel.js';
import { layOut } from '../src/model/layout.js';
import type { Peer } from './peer.js';
import type { Reading } from './reading.js';
import { writeWholeModel } from './wholeModel.js';

/** Of a token's length; rounding of two orders of the same sums stays below it. */
const mostDifference = 1e-4;

/** What is used of @huggingface/transformers; its own types are only there once the bench has installed it. */
export interface TransformersModule {
  readonly env: { allowRemoteModels: boolean; localModelPath: string; version: string; logLevel?: number };
  readonly AutoModel: {
    from_pretrained(name: string, options: Readonly<Record<string, unknown>>): Promise<TransformersModel>;
  };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
}

interface TransformersModel {
  (inputs: Readonly<Record<string, unknown>>): Promise<{ last_hidden_state: { data: Float32Array } }>;
  dispose(): Promise<unknown>;
}

/**
 * Transformers.js with the pack's blocks as one graph, in its own session with its own settings (all cores, fp32).
 * Throws when its hidden states are not ours: then it would not be the same model.
 */
export async function openTransformers(
  load: () => Promise<unknown>,
  model: LanguageModel,
  folder: string,
  sample: Reading,
): Promise<Peer> {
  const { env, AutoModel, Tensor } = (await load()) as TransformersModule;
  await writeWholeModel(model.pack, folder);
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  env.logLevel = 40;
  const theirs = await AutoModel.from_pretrained(basename(folder), { dtype: 'fp32', device: 'cpu' });
  const read = ({ texts }: Reading) => {
    const length = Math.max(...texts.map((ids) => ids.length));
    const ids = new BigInt64Array(texts.length * length);
    const mask = new BigInt64Array(ids.length);
    texts.forEach((text, row) => {
      text.forEach((id, i) => (ids[row * length + i] = BigInt(id)));
      mask.fill(1n, row * length, row * length + text.length);
    });
    const dims = [texts.length, length];
    const inputs = {
      input_ids: new Tensor('int64', ids, dims),
      attention_mask: new Tensor('int64', mask, dims),
    };
    return async () => (await theirs(inputs)).last_hidden_state.data;
  };
  const states = await model.states(layOut(sample.texts.map((ids) => ({ ids }))));
  const hidden = states.get(model.pack.manifest.model.layers)!;
  const difference = largestDifference(hidden, await read(sample)(), model.pack.manifest.model.hidden);
  if (!(difference < mostDifference))
    throw new Error(`its hidden states differ from ours by up to ${difference} of a token's length`);
  return {
    section: `@huggingface/transformers ${env.version}, the same blocks and weights as one graph`,
    atLeast: 1,
    contender: (reading) => ({ run: read(reading) }),
    close: async () => {
      await theirs.dispose();
    },
  };
}

/** The largest ‖a − b‖ / ‖a‖ of a token, `width` numbers each: a sink is a hundred times as long as others, and so is its rounding. */
function largestDifference(a: Float32Array, b: Float32Array, width: number): number {
  if (a.length !== b.length) return Infinity;
  const tokens = Array.from({ length: a.length / width }, (_, token) => token * width);
  return Math.max(
    ...tokens.map((start) => {
      const row = a.subarray(start, start + width);
      return Math.hypot(...row.map((value, i) => value - b[start + i]!)) / Math.hypot(...row);
    }),
  );
}
