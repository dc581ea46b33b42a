import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJsonl, repositoryRoot, smolTokenizer } from './tokenizerFixture.js';

interface GoldenText {
  id: string;
  language: string;
  text: string;
  fidelity?: true;
}
interface GoldenTokens {
  id: string;
  ids: number[];
  starts?: number[];
  ends?: number[];
}
interface GoldenHash {
  id: string;
  sha256: string;
}

const tokenizer = smolTokenizer();
const golden = <T>(name: string) => readJsonl<T>(new URL(`test/golden/${name}`, repositoryRoot));

describe('ids and spans of the reference implementation', () => {
  const texts = golden<GoldenText>('texts.jsonl');
  const expected = new Map(golden<GoldenTokens>('tokens.jsonl').map((tokens) => [tokens.id, tokens]));

  it('are there for every text', () => {
    expect(texts.length).toBeGreaterThanOrEqual(220);
    expect(texts.map(({ id }) => id)).toEqual([...expected.keys()]);
  });

  it.each(texts)('$id', ({ id, text }) => {
    const { ids, starts, ends } = expected.get(id)!;
    const encoding = tokenizer.encode(text);
    expect([...encoding.ids]).toEqual(ids);
    // Without spans: a byte without a token stands in the text, and the reference's own spans are off behind it.
    if (starts) expect([...encoding.starts]).toEqual(starts);
    if (ends) expect([...encoding.ends]).toEqual(ends);
  });
});

describe('ids of real corpora, by hash', () => {
  const folder =
    process.env['BACKFIRE_CORPORA'] ?? fileURLToPath(new URL('../shared/corpora', repositoryRoot));
  const development = join(folder, 'dev');
  const present = existsSync(development);
  if (!present) {
    console.warn(
      `The corpora's ids were not checked: no folder ${development} (BACKFIRE_CORPORA names its parent).`,
    );
  }

  it.runIf(present)('are those of the reference implementation', () => {
    const texts = new Map(
      readdirSync(development)
        .filter((name) => name.endsWith('.jsonl'))
        .flatMap((name) => readJsonl<{ id: string; text: string }>(join(development, name)))
        .map(({ id, text }) => [id, text]),
    );
    const checked = golden<GoldenHash>('corpora-hashes.jsonl').filter(({ id }) => texts.has(id));
    const differing = checked.filter(({ id, sha256 }) => {
      const ids = tokenizer.encode(texts.get(id)!).ids.join(',');
      return createHash('sha256').update(ids).digest('hex') !== sha256;
    });
    expect(checked.length).toBeGreaterThanOrEqual(2000);
    expect(differing).toEqual([]);
  });
});
