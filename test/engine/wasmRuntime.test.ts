import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenMeasures } from '../../src/analysis/measure/measureResult.js';
import type { Sample } from '../../src/analysis/sample.js';
import type { FeatureEngine } from '../../src/engine/engine.js';
import { root } from '../model/packFixture.js';
import { dangerous, realEngine } from './engineFixture.js';

/** Both compute in fp32, in another order: log-probabilities agree to this, nats. */
const tolerance = 1e-3;

const frame = '# BAD: open to SQL injection, never build a query like this\n';
const payload = `rows = cursor.execute("SELECT * FROM users WHERE name = '" + name + "'")\n`.repeat(6);
const longer: Sample = {
  text: `import sqlite3\n\n${frame}${payload}`,
  frame: { start: 16, end: 16 + frame.length },
  payload: { start: 16 + frame.length, end: 16 + frame.length + payload.length },
  language: 'python',
};

describe('the WebAssembly runtime', () => {
  /** As it stands on a platform without a native runtime: nothing but what a package for all platforms holds. */
  let folder: string;
  let engine: FeatureEngine;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'backfire-wasm-'));
    cpSync(join(root, 'dist', 'engine.mjs'), join(folder, 'engine.mjs'));
    mkdirSync(join(folder, 'node_modules', '@vscode'), { recursive: true });
    for (const name of ['onnxruntime-web', 'onnxruntime-common', '@vscode/tree-sitter-wasm'])
      cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), {
        recursive: true,
        filter: (path) => !/\.map$|\/(lib|types|docs)(\/|$)|jsep|jspi|asyncify/.test(path.slice(root.length)),
      });
    symlinkSync(join(root, 'dist', 'grammars'), join(folder, 'grammars'));
    engine = realEngine({ serverEntry: join(folder, 'engine.mjs') });
  });
  afterAll(async () => {
    await engine.dispose();
    rmSync(folder, { recursive: true });
  });

  it('is chosen where no native one can be loaded, and the native one elsewhere', async () => {
    expect((await engine.info()).runtime).toBe('wasm');
    const native = realEngine();
    expect((await native.info()).runtime).toBe('native');
    await native.dispose();
  }, 900_000);

  it('measures the same as the native one', async () => {
    const native = realEngine();
    const samples = [dangerous, longer];
    const [theirs, ours] = [await native.measure(samples), await engine.measure(samples)];
    await native.dispose();
    samples.forEach((_, index) => {
      const [a, b] = [ours[index]!, theirs[index]!];
      if (a.kind !== 'measured' || b.kind !== 'measured') throw new Error(JSON.stringify([a, b]));
      for (const name of ['spanNll', 'bareSpanNll', 'neutralNll', 'frameEffect'] as const)
        expect(Math.abs(a.measures[name]! - b.measures[name]!), name).toBeLessThan(tolerance);
      for (const name of ['taught', 'taughtBare', 'teachRatio'] as const)
        expect(Math.abs(a.measures[name]!.value - b.measures[name]!.value), name).toBeLessThan(tolerance);
      expect(a.level).toBe(b.level);
      expectSameTokens(a.tokens!, b.tokens!);
      expectSameTokens(a.bareTokens!, b.bareTokens!);
    });
  }, 900_000);

  it('expects the same tokens as the native one', async () => {
    const native = realEngine();
    const question = { sample: dangerous, most: 3 };
    const [theirs, ours] = [await native.readAlternatives(question), await engine.readAlternatives(question)];
    await native.dispose();
    for (const version of ['sample', 'bare'] as const) {
      expect(ours![version]!.length).toBeGreaterThan(5);
      expect(ours![version]!.length).toBe(theirs![version]!.length);
      ours![version]!.forEach(({ likeliest }, index) =>
        likeliest.forEach(({ probability }, place) => {
          const other = theirs![version]![index]!.likeliest[place]!.probability;
          expect(Math.abs(probability - other)).toBeLessThan(tolerance);
        }),
      );
    }
  }, 900_000);

  it('stays the same process over several calls', async () => {
    const before = await engine.info();
    expect((await engine.measure([dangerous]))[0]?.kind).toBe('measured');
    expect((await engine.info()).processId).toBe(before.processId);
    expect((await engine.measure([dangerous]))[0]?.kind).toBe('measured');
  }, 900_000);
});

function expectSameTokens(ours: readonly TokenMeasures[], theirs: readonly TokenMeasures[]): void {
  expect(ours.length).toBe(theirs.length);
  ours.forEach(({ start, end, nll, taught }, index) => {
    const other = theirs[index]!;
    expect([start, end]).toEqual([other.start, other.end]);
    expect(Math.abs(nll - other.nll)).toBeLessThan(tolerance);
    expect(Math.abs(taught - other.taught)).toBeLessThan(tolerance);
  });
}
