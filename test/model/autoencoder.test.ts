import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Autoencoder } from '../../src/model/autoencoder.js';
import { FeaturePages } from '../../src/model/featurePages.js';
import type { LanguageModel } from '../../src/model/languageModel.js';
import { layOut } from '../../src/model/layout.js';
import { loadPack } from '../../src/model/pack.js';
import { embeddedModel, packCopy, packFolder } from './packFixture.js';

const texts = ['# BAD: runs what the user typed\nresult = eval(input())\n', 'The weather in spring is mild.'];

describe('the autoencoder of the embedded pack', () => {
  let model: LanguageModel;
  let autoencoder: Autoencoder;
  let residual: Float32Array;
  const starts: number[] = [];

  beforeAll(async () => {
    model = await embeddedModel();
    autoencoder = (await model.autoencoder())!;
    const versions = texts.map((text) => ({ ids: model.tokenizer.encode(text).ids }));
    let tokens = 0;
    for (const { ids } of versions) {
      starts.push(tokens);
      tokens += ids.length;
    }
    residual = await model.residual(layOut(versions), model.pack.manifest.layer);
  });

  it('leaves out the first token of every text, and no other of these', async () => {
    const { kept, token } = await autoencoder.encode(residual);
    const tokens = residual.length / model.pack.manifest.model.hidden;
    const all = Array.from({ length: tokens }, (_, index) => index);
    expect([...kept]).toEqual(all.filter((index) => !starts.includes(index)));
    expect([...token].filter((index) => starts.includes(index))).toEqual([]);
  });

  it('gives features in the order of tokens, then latents, each above zero', async () => {
    const { token, latent, value } = await autoencoder.encode(residual);
    expect(value.length).toBeGreaterThan(token.at(-1)!);
    for (let i = 1; i < token.length; i++) {
      const later = token[i]! > token[i - 1]! || (token[i] === token[i - 1] && latent[i]! > latent[i - 1]!);
      expect(later).toBe(true);
    }
    expect(Math.min(...value)).toBeGreaterThan(0);
  });

  it('gives a token the same features whatever is encoded with it, also over several calls of the graph', async () => {
    const { hidden } = model.pack.manifest.model;
    const alone = await autoencoder.encode(residual.slice(3 * hidden, 4 * hidden));
    const repeated = new Float32Array(1100 * hidden);
    for (let i = 0; i < 1100; i++) repeated.set(residual.subarray(3 * hidden, 4 * hidden), i * hidden);
    const many = await autoencoder.encode(repeated);
    expect(many.kept).toHaveLength(1100);
    for (const at of [0, 511, 512, 1099]) {
      const rows = [...many.token.keys()].filter((i) => many.token[i] === at);
      expect(rows.map((i) => many.latent[i])).toEqual([...alone.latent]);
      rows.forEach((row, i) => expect(many.value[row]).toBeCloseTo(alone.value[i]!, 2));
    }
  });

  it('reads chosen features as it reads all of them', async () => {
    const { token, latent, value } = await autoencoder.encode(residual);
    const chosen = [...new Set(latent)].slice(0, 5);
    const { values, kept } = await autoencoder.activations(residual, chosen);
    const dense = new Float32Array(values.length);
    token.forEach((at, i) => {
      const column = chosen.indexOf(latent[i]!);
      if (column >= 0) dense[at * chosen.length + column] = value[i]!;
    });
    values.forEach((each, i) => expect(each).toBeCloseTo(dense[i]!, 2));
    expect(kept.length).toBe(residual.length / model.pack.manifest.model.hidden - starts.length);
  });

  it('reconstructs most of the residual stream from its features, and less from half of them', async () => {
    const features = await autoencoder.encode(residual);
    const { explained } = await autoencoder.reconstruct(residual, features);
    expect(explained).toBeGreaterThan(0.5);
    const half = features.token.map((_, i) => i).filter((i) => i % 2 === 0);
    const fewer = {
      token: half.map((i) => features.token[i]!),
      latent: half.map((i) => features.latent[i]!),
      value: Float32Array.from(half, (i) => features.value[i]!),
      kept: features.kept,
    };
    expect((await autoencoder.reconstruct(residual, fewer)).explained).toBeLessThan(explained);
  });
});

describe('feature pages', () => {
  it('are there for most features, and each opens by itself', async () => {
    const pages = (await FeaturePages.open(await loadPack(packFolder)))!;
    const named = [...Array(pages.count).keys()].filter((feature) => pages.label(feature) !== '');
    expect(named.length).toBeGreaterThan(pages.count * 0.9);
    for (const feature of [named[0]!, named[Math.floor(named.length / 2)]!, named.at(-1)!]) {
      const page = (await pages.page(feature))!;
      expect(page.id).toBe(feature);
      expect(page.label.text).toBe(pages.label(feature));
      expect(page.density).toBe(pages.index.densities[feature]);
      for (const { tokens, values } of page.examples) expect(values).toHaveLength(tokens.length);
    }
    expect(await pages.page(pages.count)).toBeUndefined();
  });

  it('that are damaged are refused with the number of the feature', async () => {
    const folder = packCopy();
    const { sae } = (await loadPack(folder)).manifest;
    const path = join(folder, sae!.pages!.file);
    writeFileSync(path, Buffer.alloc(readFileSync(path).length, 7));
    const pages = (await FeaturePages.open(await loadPack(folder)))!;
    const first = [...Array(pages.count).keys()].find((feature) => pages.label(feature) !== '')!;
    await expect(pages.page(first)).rejects.toThrow(`the page of feature ${first} can't be read`);
  });
});

describe('an autoencoder that was made for something else', () => {
  const changed = (change: (sae: Record<string, unknown>) => void): string => {
    const folder = packCopy();
    const path = join(folder, 'pack.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { sae: Record<string, unknown> };
    change(manifest.sae);
    writeFileSync(path, JSON.stringify(manifest));
    return folder;
  };

  it.each([
    ['another width of the stream', { hidden: 768 }, "sae.hidden is 768, the model's is 576"],
    [
      'another layer',
      { hook: 'blocks.3.hook_resid_post' },
      'sae.hook is blocks.3.hook_resid_post, resid 16 is blocks.15.hook_resid_post',
    ],
    ['a graph that is not there', { encode: 'no.onnx' }, 'no.onnx is not among its files'],
  ])('%s is refused with both values', async (_, change, message) => {
    const folder = changed((sae) => Object.assign(sae, change));
    await expect(loadPack(folder)).rejects.toThrow(message);
  });
});
