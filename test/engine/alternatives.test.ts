import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TokenAlternatives } from '../../src/analysis/alternatives/sampleAlternatives.js';
import type { TokenMeasures } from '../../src/analysis/measure/measureResult.js';
import type { Sample } from '../../src/analysis/sample.js';
import { packCopy } from '../model/packFixture.js';
import { dangerous, realEngine } from './engineFixture.js';

const spansOf = (tokens: readonly { start: number; end: number }[]) =>
  tokens.map(({ start, end }) => `${start}:${end}`);

describe('what the model would have expected', () => {
  const engine = realEngine();
  afterAll(() => engine.dispose());

  async function besideMeasures(sample: Sample) {
    const [measured] = await engine.measure([sample]);
    if (measured?.kind !== 'measured') throw new Error('not measured');
    const read = await engine.readAlternatives({ sample, most: 3 });
    return { measured, read: read! };
  }

  /** Where a token is among the likeliest, the measure and these must say the same of it. Returns how often that was so. */
  function agree(read: readonly TokenAlternatives[], measured: readonly TokenMeasures[]): number {
    expect(spansOf(read)).toEqual(spansOf(measured));
    let found = 0;
    read.forEach(({ likeliest }, i) => {
      const own = Math.exp(-measured[i]!.nll);
      const actual = likeliest.find(({ isActual }) => isActual);
      if (actual) expect(actual.probability).toBeCloseTo(own, 4);
      // Likelier than the last of them, it would be one.
      else expect(own).toBeLessThanOrEqual(likeliest.at(-1)!.probability + 1e-4);
      found += actual ? 1 : 0;
      const probabilities = likeliest.map(({ probability }) => probability);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeLessThanOrEqual(1.0001);
    });
    return found;
  }

  it('is told of each measured token of sample and bare version, and fits its surprise', async () => {
    const { measured, read } = await besideMeasures(dangerous);
    const found = agree(read.sample, measured.tokens!) + agree(read.bare!, measured.bareTokens!);
    expect(found).toBeGreaterThan(5);
    for (const { likeliest } of read.sample) {
      expect(likeliest).toHaveLength(3);
      expect(new Set(likeliest.map(({ text }) => text)).size).toBe(3);
    }
  });

  it('holds of a sample that is measured in several windows, too', async () => {
    const lines = Array.from({ length: 22 }, (_, i) => `cursor.execute("DELETE FROM t${i} WHERE id=" + id)`);
    const frame = '# BAD: open to SQL injection';
    const text = `${frame}\n${lines.join('\n')}\n`;
    const payload = { start: frame.length + 1, end: text.length - 1 };
    const sample = { text, frame: { start: 0, end: frame.length }, payload, language: 'python' };
    const { measured, read } = await besideMeasures(sample);
    expect(measured.notes.join()).toContain('windows');
    // Where pieces of a window join, no token spans what was left out between them.
    for (const { start, end } of [...measured.tokens!, ...measured.bareTokens!])
      expect(end - start).toBeLessThan(30);
    agree(read.sample, measured.tokens!);
    agree(read.bare!, measured.bareTokens!);
  });

  it('expects what anybody would, and marks the token that stands there', async () => {
    const text = 'for i in range(10):\n    print(i)\nfor i in range(10):\n    print(i)\n';
    const read = await engine.readAlternatives({ sample: { text, language: 'python' }, most: 2 });
    const start = text.lastIndexOf('range');
    const token = read!.sample.find((each) => each.end > start)!;
    expect(token.likeliest[0]).toMatchObject({ text: ' range', isActual: true });
    expect(token.likeliest[0]!.probability).toBeGreaterThan(0.9);
    expect(token.likeliest[1]!.isActual).toBeUndefined();
    expect(read!.bare).toBeUndefined();
  });

  it('is nothing of a text without a second token', async () => {
    const read = await engine.readAlternatives({ sample: { text: 'a', language: '' }, most: 3 });
    expect(read).toEqual({ sample: [] });
  });

  it('ends when nobody wants to know any more, and the next question is answered', async () => {
    const wanted = new AbortController();
    const long = { text: 'eval(input())\n'.repeat(800), language: 'python' };
    const asked = engine.readAlternatives({ sample: long, most: 3 }, { signal: wanted.signal });
    setTimeout(() => wanted.abort(), 50);
    await expect(asked).rejects.toThrow('aborted');
    expect(await engine.readAlternatives({ sample: dangerous, most: 1 })).not.toBeNull();
  });

  it('refuses a question for too many, with the name of the field', async () => {
    await expect(engine.readAlternatives({ sample: dangerous, most: 0 })).rejects.toThrow('most');
    await expect(engine.readAlternatives({ sample: dangerous, most: 51 })).rejects.toThrow('most');
  });
});

describe('a pack from before there was such a graph', () => {
  const folder = packCopy();
  const path = join(folder, 'pack.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
    graphs: { alternatives?: string };
    files: { path: string }[];
  };
  rmSync(join(folder, manifest.graphs.alternatives!));
  manifest.files = manifest.files.filter((file) => file.path !== manifest.graphs.alternatives);
  delete manifest.graphs.alternatives;
  writeFileSync(path, JSON.stringify(manifest));
  const engine = realEngine({ packFolder: folder });
  afterAll(async () => {
    await engine.dispose();
    rmSync(folder, { recursive: true });
  });

  it('says nothing of alternatives, and measures as before', async () => {
    expect(await engine.readAlternatives({ sample: dangerous, most: 3 })).toBeNull();
    expect(await engine.measure([dangerous])).toMatchObject([{ kind: 'measured' }]);
  });
});
