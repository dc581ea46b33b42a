import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { layOut, tokenIndex } from '../../src/model/layout.js';
import type { LanguageModel } from '../../src/model/languageModel.js';
import { embeddedModel, root } from './packFixture.js';

/** Values of the fp32 reference in torch, written by lab/backfire_lab/golden_fidelity.py. */
interface Golden {
  layer: number;
  positions: number;
  likeliest: number;
  context: number[];
  texts: {
    id: string;
    positions: number[];
    likeliest: string;
    logProbabilities: string;
    residual: string;
    query?: { from: number; products: string };
  }[];
}

const read = (name: string) => readFileSync(join(root, 'test', 'golden', name), 'utf8');
const golden = JSON.parse(read('fidelity.json')) as Golden;
const idsOf = new Map(
  read('tokens.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; ids: number[] })
    .map(({ id, ids }) => [id, ids]),
);
const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64')).buffer;
const floats = (base64: string) => new Float32Array(bytesOf(base64));
const halves = (base64: string) => Float32Array.from(new Uint16Array(bytesOf(base64)), half);

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

describe('the deployed model against the fp32 reference', () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await embeddedModel();
  });

  it('is compared over at least 40 texts', () => {
    expect(golden.texts.length).toBeGreaterThanOrEqual(40);
  });

  it('gives the same next-token distributions: mean KL ≤ 0.001 nats over the likeliest tokens and the rest', async () => {
    const divergences: number[] = [];
    for (const text of golden.texts) {
      const run = layOut([{ ids: Int32Array.from(idsOf.get(text.id)!) }]);
      const states = await model.states(run);
      const tokens = new Int32Array(bytesOf(text.likeliest));
      const reference = floats(text.logProbabilities);
      const rows = Array.from(tokens, (_, i) => text.positions[Math.floor(i / golden.likeliest)]!);
      const { logProbability } = await model.predict(states, rows, [...tokens]);
      for (let start = 0; start < tokens.length; start += golden.likeliest) {
        divergences.push(divergence(reference, logProbability, start, start + golden.likeliest));
      }
    }
    expect(divergences).toHaveLength(golden.texts.length * golden.positions);
    expect(mean(divergences)).toBeLessThanOrEqual(1e-3);
    // What is tolerated is not what is so: the graphs compute in fp32 from the same weights.
    expect(Math.max(...divergences)).toBeLessThan(1e-4);
  });

  it('holds the same tokens likeliest, with the same probabilities', async () => {
    const most = 8;
    const alternatives = (await model.alternatives())!;
    for (const text of golden.texts) {
      const run = layOut([{ ids: Int32Array.from(idsOf.get(text.id)!) }]);
      const residual = await model.residual(run, model.pack.manifest.model.layers);
      const { token, logProbability } = await alternatives.likeliest(residual, text.positions, most);
      expect(token).toHaveLength(text.positions.length * most);
      const reference = floats(text.logProbabilities);
      const tokens = new Int32Array(bytesOf(text.likeliest));
      token.forEach((id, i) => {
        const start = Math.floor(i / most) * golden.likeliest;
        // By value: two tokens that are as good as equally likely may stand either way round.
        expect(Math.abs(logProbability[i]! - reference[start + (i % most)]!)).toBeLessThan(2e-3);
        const place = tokens.subarray(start, start + golden.likeliest).indexOf(id);
        expect(place).toBeGreaterThanOrEqual(0);
        expect(Math.abs(logProbability[i]! - reference[start + place]!)).toBeLessThan(2e-3);
      });
    }
  });

  it('gives the same resid L: unexplained variance ≤ 0.001', async () => {
    let off = 0;
    let spread = 0;
    const width = model.pack.manifest.model.hidden;
    expect(golden.layer).toBe(model.pack.manifest.layer);
    for (const text of golden.texts) {
      const run = layOut([{ ids: Int32Array.from(idsOf.get(text.id)!) }]);
      const residual = await model.residual(run, golden.layer);
      const reference = halves(text.residual);
      for (let i = 0; i < width; i++) {
        const column = text.positions.map((_, row) => reference[row * width + i]!);
        text.positions.forEach((position, row) => {
          off += (residual[position * width + i]! - column[row]!) ** 2;
          spread += (column[row]! - mean(column)) ** 2;
        });
      }
    }
    expect(off / spread).toBeLessThanOrEqual(1e-3);
  });

  it('gives the same gradient products as autograd, whatever else runs with a text', async () => {
    const texts = golden.texts.filter((text) => text.query);
    expect(texts.length).toBeGreaterThanOrEqual(10);
    for (const { id, query } of texts) {
      const ids = Int32Array.from(idsOf.get(id)!);
      const payload = ids.subarray(query!.from);
      const asked = Int32Array.from([...golden.context, ...payload]);
      const products = await productsWith(Int32Array.from(ids).reverse(), ids, asked, golden.context.length);
      const reference = floats(query!.products);
      const largest = Math.max(...reference.map(Math.abs));
      expect(largest).toBeGreaterThan(1);
      expect(products).toHaveLength(reference.length);
      reference.forEach((value, i) => expect(Math.abs(products[i]! - value)).toBeLessThan(1e-4 * largest));
    }
  });

  it('leaves nothing of a backward run in the forward run after it', async () => {
    const ids = Int32Array.from(idsOf.get(golden.texts[0]!.id)!);
    const run = layOut([{ ids }]);
    const last = model.pack.manifest.model.layers;
    const before = (await model.states(run)).get(last);
    await productsWith(ids.slice(0, 9), ids, ids, 1);
    expect((await model.states(run)).get(last)).toEqual(before);
  });

  /** [tokens of `ids` − 1, tokens of `asked` from `start`], with another text in the same runs that shares the first token. */
  async function productsWith(
    other: Int32Array,
    ids: Int32Array,
    asked: Int32Array,
    start: number,
  ): Promise<Float32Array> {
    const texts = [Int32Array.from([ids[0]!, ...other]), ids, asked];
    const run = layOut([{ ids: texts[0]! }, { ids, sharedWith: { version: 0, tokens: 1 } }, { ids: asked }]);
    const states = await model.states(run);
    const width = model.pack.manifest.model.hidden;
    const tokens = texts.flatMap((text, version) =>
      Array.from(text, (_, position) => tokenIndex(run, version, position)),
    );
    const error = new Float32Array(tokens.length * width);
    let first = 0;
    for (const [version, text] of texts.entries()) {
      const from = version === 2 ? start : 1;
      const rows = tokens.slice(first + from - 1, first + text.length - 1);
      const predicted = await model.predict(states, rows, [...text.subarray(from)]);
      error.set(predicted.error, (first + from - 1) * width);
      first += text.length;
    }
    const layout = layOut(texts.map((text) => ({ ids: text })));
    const queries = Array.from(
      { length: asked.length - start },
      (_, i) => tokens.length - asked.length + start - 1 + i,
    );
    const products = await model.products(states, { tokens, layout, error, queries });
    const row = texts[0]!.length * queries.length;
    return products.subarray(row, row + (ids.length - 1) * queries.length);
  }
});

/** KL of the reference from the product over the likeliest tokens and one class for all the rest; a lower bound of the whole. */
function divergence(reference: Float32Array, product: Float32Array, start: number, end: number): number {
  let sum = 0;
  let restReference = 1;
  let restProduct = 1;
  for (let i = start; i < end; i++) {
    const p = Math.exp(reference[i]!);
    sum += p * (reference[i]! - product[i]!);
    restReference -= p;
    restProduct -= Math.exp(product[i]!);
  }
  return restReference > 1e-6
    ? sum + restReference * Math.log(restReference / Math.max(restProduct, 1e-12))
    : sum;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
