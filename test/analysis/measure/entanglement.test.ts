import { describe, expect, it } from 'vitest';
import {
  entanglement,
  joinOverlaps,
  type Overlap,
  payloadOverlaps,
  sharedFeatures,
} from '../../../src/analysis/measure/entanglement.js';
import { runForward } from '../../../src/analysis/measure/forwardRun.js';
import { versionSet } from '../../../src/analysis/measure/versionSet.js';
import { embeddedModel } from '../../model/packFixture.js';

const sums = (sample: number, bare: number, shared: number) => ({ sample, bare, shared });
const overlap = (shared: number, either: number, byLatent: [number, ReturnType<typeof sums>][]): Overlap => ({
  shared,
  either,
  byLatent: new Map(byLatent),
  tokens: 2,
});

describe('entanglement', () => {
  it('is Σ min / Σ max, over all windows together', () => {
    const first = overlap(3, 4, [[7, sums(4, 3, 3)]]);
    const second = overlap(1, 6, [
      [7, sums(1, 5, 1)],
      [9, sums(1, 0, 0)],
    ]);
    expect(entanglement(joinOverlaps([first, second]))).toBe(0.4);
  });

  it('is absent where no feature fires', () => {
    expect(entanglement(overlap(0, 0, []))).toBeUndefined();
  });

  it('names the features that both share most of, none that only one has or that is dense', () => {
    const all = overlap(6, 9, [
      [2, sums(8, 0, 0)],
      [5, sums(2, 4, 2)],
      [3, sums(4, 6, 4)],
      [9, sums(9, 9, 9)],
    ]);
    expect(sharedFeatures(all, 8, new Set([9]))).toEqual([
      { latent: 3, sample: 2, bare: 3 },
      { latent: 5, sample: 1, bare: 2 },
    ]);
    expect(sharedFeatures(all, 1, new Set())).toEqual([{ latent: 9, sample: 4.5, bare: 4.5 }]);
  });
});

describe('features of a payload in the embedded model', () => {
  const frame = '# BAD: runs whatever the user typed\n';
  const code = 'result = eval(input())\n';
  const sample = {
    text: frame + code,
    frame: { start: 0, end: frame.length - 1 },
    payload: { start: frame.length, end: frame.length + code.length - 1 },
    language: 'python',
  };

  it('overlap in part: the frame changes some', async () => {
    const model = await embeddedModel();
    const set = versionSet(sample, (text) => model.tokenizer.encode(text))!;
    const run = await runForward(model, [set]);
    const [found] = await payloadOverlaps((await model.autoencoder())!, run, model.pack.manifest.layer);
    const share = entanglement(found!)!;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.99);
    const dense = await model.denseFeatures();
    expect(dense.size).toBeGreaterThan(0);
    const named = sharedFeatures(found!, 8, dense).map(({ latent }) => latent);
    expect(named).toHaveLength(8);
    expect(named.filter((latent) => dense.has(latent))).toEqual([]);
  });

  it('are not there without a frame to delete', async () => {
    const model = await embeddedModel();
    const { text, payload, language } = sample;
    const set = versionSet({ text, payload, language }, (part) => model.tokenizer.encode(part))!;
    const run = await runForward(model, [set]);
    expect(await payloadOverlaps((await model.autoencoder())!, run, 16)).toEqual([undefined]);
  });
});
