import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { intoRuns } from '../src/analysis/measure/runs.js';
import type { LanguageModel } from '../src/model/languageModel.js';
import { layOut } from '../src/model/layout.js';
import type { PackManifest } from '../src/model/pack.js';
import type { Contender } from './rounds.js';
import type { TokenTexts } from './texts.js';

/** Texts that are read in one go, by us and by others. */
export interface Reading {
  readonly name: string;
  readonly texts: readonly Int32Array[];
  readonly tokens: number;
}

const lengths: readonly (readonly number[])[] = [
  [128],
  [256],
  [512],
  Array.from({ length: 8 }, () => 128),
  Array.from({ length: 16 }, () => 64),
  // As samples come: no two of a length.
  Array.from({ length: 12 }, (_, i) => 24 + i * 12),
];

export function readings(texts: TokenTexts): Reading[] {
  return lengths.map((list) => {
    const [first = 0, second = first] = list;
    const name =
      list.length === 1
        ? `one text of ${first} tokens`
        : first === second
          ? `${list.length} texts of ${first}`
          : `${list.length} texts of ${first} to ${list.at(-1)!}`;
    return { name, texts: texts.take(list), tokens: list.reduce((a, b) => a + b, 0) };
  });
}

/** Through all blocks, in the runs that the product would make; no logits, as they are not asked of the others either. */
export function ownContender(model: LanguageModel, { texts }: Reading): Contender {
  const runs = intoRuns(texts, ({ length }) => ({ longest: length, tokens: length })).map((run) =>
    layOut(run.map((ids) => ({ ids }))),
  );
  return {
    run: async () => {
      for (const run of runs) await model.states(run);
    },
  };
}

/**
 * Floating point operations of the blocks: 2 × weights × tokens for the matrix products, and for attention's two products over
 * the tokens before 4 × hidden × length² / 2 in each block. Norms, rotations and activations are not counted.
 */
export function readingFlops({ texts, tokens }: Reading, { model }: PackManifest, weights: number): number {
  const attention = texts.reduce((sum, { length }) => sum + 2 * model.hidden * length ** 2, 0);
  return 2 * weights * tokens + model.layers * attention;
}

interface StoredWeights {
  readonly weights: Readonly<Record<string, Readonly<Record<string, { readonly dims: readonly number[] }>>>>;
}

/** Number of weights in the blocks' matrices. */
export async function blockWeights(packFolder: string): Promise<number> {
  const { weights } = JSON.parse(await readFile(join(packFolder, 'pack.json'), 'utf8')) as StoredWeights;
  return Object.entries(weights['blocks.bin'] ?? {})
    .filter(([name]) => name.endsWith('.levels'))
    .reduce((sum, [, { dims }]) => sum + dims.reduce((a, b) => a * b, 1), 0);
}
