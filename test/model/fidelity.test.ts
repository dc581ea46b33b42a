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
      const states = await model.hiddenStates(run);
      const tokens = new Int32Array(bytesOf(text.likeliest));
      const reference = floats(text.logProbabilities);
      const rows = Array.from(tokens, (_, i) => text.positions[Math.floor(i / golden.likeliest)]!);
      const { logProbability } = await model.kernel(
        { states, rows, targets: [...tokens] },
        { states, rows: [], targets: [] },
      );
      for (let start = 0; start < tokens.length; start += golden.likeliest) {
        divergences.push(divergence(reference, logProbability, start, start + golden.likeliest));
      }
    }
    expect(divergences).toHaveLength(golden.texts.length * golden.positions);
    expect(mean(divergences)).toBeLessThanOrEqual(1e-3);
    // What is tolerated is not what is so: the graphs compute in fp32 from the same weights.
    expect(Math.max(...divergences)).toBeLessThan(1e-4);
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

  it('gives the same gradient products, for several texts in one run that share their tokens', async () => {
    const texts = golden.texts.filter((text) => text.query);
    expect(texts.length).toBeGreaterThanOrEqual(10);
    for (const { id, query } of texts) {
      const ids = Int32Array.from(idsOf.get(id)!);
      const payload = ids.subarray(query!.from);
      const queryIds = Int32Array.from([...golden.context, ...payload]);
      const run = layOut([{ ids }, { ids: queryIds }]);
      const states = await model.hiddenStates(run);
      const predictions = {
        states,
        rows: Array.from(ids.subarray(1), (_, i) => tokenIndex(run, 0, i)),
        targets: [...ids.subarray(1)],
      };
      const asked = {
        states,
        rows: Array.from(payload, (_, i) => tokenIndex(run, 1, golden.context.length + i - 1)),
        targets: [...payload],
      };
      const { products } = await model.kernel(predictions, asked);
      const reference = floats(query!.products);
      expect(reference.some((value) => Math.abs(value) > 0.1)).toBe(true);
      reference.forEach((value, i) => expect(Math.abs(products[i]! - value)).toBeLessThan(1e-3));
    }
  });
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
