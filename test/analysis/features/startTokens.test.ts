import { expect, it } from 'vitest';
import { readFeatures } from '../../../src/analysis/features/readFeatures.js';
import { readSampleFeatures } from '../../../src/analysis/features/readSampleFeatures.js';
import type { LanguageModel } from '../../../src/model/languageModel.js';
import { embeddedModel } from '../../model/packFixture.js';

/** The embedded model as one whose tokenizer puts a token before every text. */
function withStart(model: LanguageModel, id: number): LanguageModel {
  const encode = (text: string) => model.tokenizer.encode(text);
  const encodeForModel = (text: string) => {
    const { ids, starts, ends } = encode(text);
    const after = (first: number, values: Int32Array) => Int32Array.from([first, ...values]);
    return { ids: after(id, ids), starts: after(0, starts), ends: after(0, ends) };
  };
  return {
    pack: model.pack,
    tokenizer: { encode, encodeForModel },
    autoencoder: () => model.autoencoder(),
    denseFeatures: () => model.denseFeatures(),
    residual: (...run: Parameters<LanguageModel['residual']>) => model.residual(...run),
  } as unknown as LanguageModel;
}

it('a sample is read after the token that stands before every text, as a text is, and that token is no part of it', async () => {
  const model = withStart(await embeddedModel(), 0);
  const sample = {
    text: '# BAD: runs whatever the user typed\nresult = eval(input())\n',
    frame: { start: 0, end: 35 },
    payload: { start: 36, end: 58 },
    language: 'python',
  };
  const { tokens } = await readFeatures(model, { text: sample.text, most: 50 });
  const read = await readSampleFeatures(model, { sample, most: 50 });
  expect(read.sample.starts).toEqual(tokens.map(({ start }) => start));
  expect(read.sample.sinks).toEqual(tokens.flatMap(({ isSink }, at) => (isSink ? [at] : [])));
  for (const { latent, inSample } of read.features)
    for (const [i, token] of inSample.tokens.entries()) {
      const alone = tokens[token]!.features.find((feature) => feature.latent === latent);
      if (alone) expect(inSample.values[i]).toBeCloseTo(alone.value, 3);
    }
  const first = read.features[0]!;
  const payload = tokens.filter(({ start, end }) => end > sample.payload.start && start < sample.payload.end);
  const sum = payload.reduce(
    (total, { features }) => total + (features.find(({ latent }) => latent === first.latent)?.value ?? 0),
    0,
  );
  expect(first.sample).toBeCloseTo(sum / payload.length, 2);
});
