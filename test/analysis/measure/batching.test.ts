import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVersionSets } from '../../../src/analysis/measure/versionRun.js';
import { trainedTexts, type VersionSet, versionSet } from '../../../src/analysis/measure/versionSet.js';
import { LanguageModel } from '../../../src/model/languageModel.js';
import { loadPack } from '../../../src/model/pack.js';
import { packFolder } from '../../model/packFixture.js';

const samples = [
  ['# BAD\n', 'eval(x)\n'],
  [
    '# Never do this: it runs whatever the request holds as code of the server.\n',
    'exec(request.args["code"])\nreturn "done"\n',
  ],
  [
    '# Unsafe: the query is put together from strings\n',
    Array.from({ length: 12 }, (_, i) => `db.execute("DELETE FROM t${i} WHERE id = " + ids[${i}])\n`).join(
      '',
    ),
  ],
] as const;

function setOf(model: LanguageModel, [frame, payload]: readonly [string, string]): VersionSet {
  const set = versionSet(
    {
      text: frame + payload,
      language: 'python',
      frame: { start: 0, end: frame.length },
      payload: { start: frame.length, end: frame.length + payload.length },
    },
    (text) => model.tokenizer.encode(text),
  );
  return set!;
}

/** Everything that the model says of a set, unrounded. */
async function answers(model: LanguageModel, sets: readonly VersionSet[]) {
  const results = await runVersionSets(model, sets);
  return sets.map((set, i) => ({
    texts: trainedTexts(set).map((text) => ({
      logProbability: Array.from(text.encoding.ids, (_, position) =>
        results[i]!.logProbability(text, position),
      ),
      products: results[i]!.products(text),
    })),
    overlap: results[i]!.overlap,
  }));
}

describe('what the model says of a sample', () => {
  let models: LanguageModel[];
  beforeAll(async () => {
    const pack = await loadPack(packFolder);
    models = [await LanguageModel.open(pack, { threads: 1 }), await LanguageModel.open(pack, { threads: 2 })];
  });
  afterAll(() => Promise.all(models.map((model) => model.close())));

  it('is the same to the last bit, whatever else is in the run and however many threads work on it', async () => {
    const sets = samples.map((sample) => setOf(models[0]!, sample));
    const lengths = sets.map(({ sample }) => sample.encoding.ids.length);
    expect(Math.max(...lengths)).toBeGreaterThan(10 * Math.min(...lengths));
    const together = await answers(models[1]!, sets);
    for (const [i, set] of sets.entries()) {
      const [alone] = await answers(models[0]!, [set]);
      expect(alone).toEqual(together[i]);
    }
  });
});
