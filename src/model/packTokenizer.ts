import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelPack, PackError } from './pack.js';
import { Tokenizer } from './tokenizer.js';

/** The tokenizer alone, without the weights. Throws a PackError for one that is not supported, or not this model's. */
export async function readTokenizer({ folder, manifest }: ModelPack): Promise<Tokenizer> {
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, name), 'utf8'));
  const [content, configuration] = [await json('tokenizer.json'), await json('tokenizer_config.json')];
  let tokenizer: Tokenizer;
  try {
    tokenizer = Tokenizer.fromJson(content, configuration);
  } catch (cause) {
    throw new PackError(`${folder}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const { vocabulary } = manifest.model;
  if (tokenizer.vocabularySize > vocabulary) {
    throw new PackError(
      `${folder}: tokenizer.json has ${tokenizer.vocabularySize} tokens, the model's vocabulary ${vocabulary}`,
    );
  }
  return tokenizer;
}
