import { readFileSync } from 'node:fs';
import { Tokenizer } from '../../src/model/tokenizer.js';

export const repositoryRoot = new URL('../../', import.meta.url);

interface TokenizerJson extends Record<string, unknown> {
  model: Record<string, unknown>;
}

/** The two files of the embedded model's pack, parsed. */
export function tokenizerFiles(): { json: TokenizerJson; config: Record<string, unknown> } {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(new URL(`models/smollm2-135m-instruct/${name}`, repositoryRoot), 'utf8'));
  return {
    json: read('tokenizer.json') as TokenizerJson,
    config: read('tokenizer_config.json') as Record<string, unknown>,
  };
}

export function smolTokenizer(): Tokenizer {
  const { json, config } = tokenizerFiles();
  return Tokenizer.fromJson(json, config);
}

/** Records of a JSONL file. */
export function readJsonl<T>(path: URL | string): T[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
