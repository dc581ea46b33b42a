import { afterAll, describe, expect, it } from 'vitest';
import { bareVersion } from '../../src/analysis/measure/versions.js';
import type { Sample } from '../../src/analysis/sample.js';
import { realEngine } from './engineFixture.js';

const text = 'import os\n\n# BAD: the shell obeys the name\nos.system("ls " + name)\n';
const frame = '# BAD: the shell obeys the name';
const payload = 'os.system("ls " + name)';
const spanOf = (part: string) => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length });
const sample: Sample = { text, frame: spanOf(frame), payload: spanOf(payload), language: 'python' };

describe('features of a sample beside its bare version', () => {
  const engine = realEngine();
  afterAll(() => engine.dispose());

  it('are first those that the measure names, with the same means', async () => {
    const { features, active } = await engine.readSampleFeatures({ sample, most: 30 });
    const [measured] = await engine.measure([sample]);
    if (measured?.kind !== 'measured') throw new Error('not measured');
    const named = measured.features!;
    expect(named).toHaveLength(8);
    expect(features.slice(0, 8).map(({ latent }) => latent)).toEqual(named.map(({ latent }) => latent));
    named.forEach(({ sample, bare }, i) => {
      expect(features[i]!.sample).toBeCloseTo(sample, 3);
      expect(features[i]!.bare).toBeCloseTo(bare, 3);
    });
    expect(features).toHaveLength(30);
    expect(active).toBeGreaterThan(30);
  });

  it('fire at the tokens at which each text by itself has them', async () => {
    const { features, sample: whole, bare } = await engine.readSampleFeatures({ sample, most: 20 });
    const bareText = bareVersion(sample)!.text;
    const latents = features.map(({ latent }) => latent);
    for (const [which, read] of [
      ['inSample', whole],
      ['inBare', bare!],
    ] as const) {
      const own = which === 'inSample' ? text : bareText;
      const { tokens } = await engine.readFeatures({ text: own, most: 1, latents });
      expect(read.starts).toEqual(tokens.map(({ start }) => start));
      expect(read.ends).toEqual(tokens.map(({ end }) => end));
      expect(read.sinks).toEqual(tokens.flatMap(({ isSink }, i) => (isSink ? [i] : [])));
      for (const feature of features) {
        const alone = tokens.flatMap(({ features }, i) =>
          features.filter(({ latent }) => latent === feature.latent).map(({ value }) => ({ i, value })),
        );
        expect(feature[which]!.tokens).toEqual(alone.map(({ i }) => i));
        feature[which]!.values.forEach((value, i) => expect(value).toBeCloseTo(alone[i]!.value, 2));
      }
    }
  });

  it('hold those that were asked for, although they fire nowhere, and no others', async () => {
    const { features } = await engine.readSampleFeatures({ sample, most: 0, latents: [7] });
    expect(features).toMatchObject([{ latent: 7, inSample: { tokens: expect.any(Array) as unknown } }]);
  });

  it('have no bare side where there is no frame', async () => {
    const { features, bare } = await engine.readSampleFeatures({
      sample: { text, language: 'python' },
      most: 5,
    });
    expect(bare).toBeUndefined();
    expect(features).toHaveLength(5);
    const means = features.map(({ sample }) => sample);
    expect(means).toEqual([...means].sort((a, b) => b - a));
    for (const { bare, inBare } of features) expect([bare, inBare]).toEqual([undefined, undefined]);
  });

  it('of an empty text are none; one that is not there is an error', async () => {
    const nothing = { text: '', language: '' };
    expect(await engine.readSampleFeatures({ sample: nothing, most: 5 })).toMatchObject({ features: [] });
    await expect(engine.readSampleFeatures({ sample, most: 1, latents: [99_999] })).rejects.toThrow(
      'Feature 99999 is not there: this pack has features 0 to 8191.',
    );
  });
});

describe('pages of features', () => {
  const engine = realEngine();
  afterAll(() => engine.dispose());

  it('are listed with label and density, and described with the texts of their tokens', async () => {
    const { labels, densities } = await engine.featureListing();
    expect([labels.length, densities.length]).toEqual([8192, 8192]);
    const page = await engine.featurePage(2209);
    expect(page.feature).toBe(2209);
    expect(page.label.text).toBe(labels[2209]);
    expect(page.density).toBeCloseTo(densities[2209]!, 4);
    expect(page.histogram.length).toBeGreaterThan(2);
    const [first, second] = page.histogram;
    expect(first!.to).toBe(second!.from);
    for (const list of [page.likelier, page.lessLikely, page.neighbours, page.examples])
      expect(list.length).toBeGreaterThan(0);
    expect(page.likelier.every(({ value }) => value > 0)).toBe(true);
    for (const { feature, label } of page.neighbours) expect(label).toBe(labels[feature]);
    for (const { tokens, values } of page.examples) expect(values).toHaveLength(tokens.length);
    const strongest = page.examples.flatMap(({ values }) => values);
    expect(Math.max(...strongest)).toBeGreaterThan(0);
  });

  it('say which there are where one is not', async () => {
    await expect(engine.featurePage(8192)).rejects.toThrow('this pack has features 0 to 8191');
    await expect(engine.featurePage(-1)).rejects.toThrow('feature');
  });
});
