import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../../src/analysis/sample.js';
import { cachedEngine } from '../../src/engine/cachedEngine.js';
import { cacheFolder } from '../../src/engine/cacheFolder.js';
import { MeasureCache } from '../../src/engine/measureCache.js';
import { FakeEngine } from '../cli/fakes.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';

const sample = (shown: string, language = ''): Sample => ({
  text: `BAD:\n${shown}`,
  frame: { start: 0, end: 4 },
  payload: { start: 5, end: 5 + shown.length },
  language,
});

/** What a run needs, and a way to start the next one with its own engine. */
function machine() {
  const folder = temporaryFolder({ 'pack/pack.json': '{}', 'engine.mjs': 'one' });
  const trouble: string[] = [];
  const options = {
    folder: join(folder, 'cache'),
    packFolder: join(folder, 'pack'),
    serverEntry: join(folder, 'engine.mjs'),
    onTrouble: (message: string) => trouble.push(message),
  };
  const nextRun = () => {
    const engine = new FakeEngine();
    return { engine, cached: cachedEngine(engine, new MeasureCache(options)) };
  };
  return { folder, options, trouble, nextRun };
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
}

describe('the cache of measures', () => {
  it('asks the engine only for what no earlier run measured, and keeps the order', async () => {
    const { nextRun, trouble } = machine();
    const [first, second] = [nextRun(), nextRun()];
    const known = await first.cached.measure([sample('high'), sample('low')]);
    const done: number[] = [];
    const cached: number[] = [];
    const samples = [sample('medium'), sample('low'), sample('other'), sample('high')];
    const results = await second.cached.measure(samples, {
      onProgress: (count) => done.push(count),
      onCached: (count) => cached.push(count),
    });
    expect(second.engine.calls).toEqual([[sample('medium'), sample('other')]]);
    expect([results[3], results[1]]).toEqual(known);
    expect(results.map((result) => result.kind === 'measured' && result.level)).toEqual([
      'medium',
      'low',
      'none',
      'high',
    ]);
    expect([done[0], cached]).toEqual([2, [2]]);
    expect(trouble).toEqual([]);
  });

  it('tells samples apart by every field', async () => {
    const { nextRun } = machine();
    const whole = { text: 'eval(x)', language: 'python' };
    const variants: Sample[] = [
      whole,
      { ...whole, language: '' },
      { ...whole, payload: { start: 0, end: 4 } },
      { ...whole, frame: { start: 0, end: 4 } },
      { ...whole, text: 'eval(\ud800)' },
      { ...whole, text: 'eval(\ufffd)' },
    ];
    await nextRun().cached.measure(variants);
    const { engine, cached } = nextRun();
    await cached.measure(variants);
    expect(engine.calls).toEqual([]);
    const fresh = machine();
    for (const variant of variants) await fresh.nextRun().cached.measure([variant]);
    expect(filesUnder(join(fresh.options.folder, 'index-v5'))).toHaveLength(variants.length);
  });

  it('forgets with another pack and another build of the engine', async () => {
    for (const changed of ['pack/pack.json', 'engine.mjs']) {
      const { folder, nextRun } = machine();
      await nextRun().cached.measure([sample('high')]);
      writeFileSync(join(folder, changed), 'two');
      const { engine, cached } = nextRun();
      await cached.measure([sample('high')]);
      expect(engine.calls).toHaveLength(1);
    }
  });

  it('does not keep failures', async () => {
    const { nextRun } = machine();
    await nextRun().cached.measure([sample('unscorable')]);
    const { engine, cached } = nextRun();
    expect(await cached.measure([sample('unscorable')])).toMatchObject([{ kind: 'failed' }]);
    expect(engine.calls).toHaveLength(1);
  });

  it('measures anew what was damaged or cut off on disk, and heals', async () => {
    for (const damage of ['', '{"kind":"measured"}']) {
      const { options, nextRun, trouble } = machine();
      const [before] = await nextRun().cached.measure([sample('high')]);
      for (const file of filesUnder(join(options.folder, 'content-v2'))) writeFileSync(file, damage);
      const { engine, cached } = nextRun();
      expect(await cached.measure([sample('high')])).toEqual([before]);
      expect(engine.calls).toHaveLength(1);
      const healed = nextRun();
      await healed.cached.measure([sample('high')]);
      expect(healed.engine.calls).toHaveLength(0);
      expect(trouble).toEqual([]);
    }
  });

  it('says once that it can not be written, and the measures come all the same', async () => {
    const { options, nextRun, trouble } = machine();
    writeFileSync(options.folder, 'a file where the folder should be');
    const { cached } = nextRun();
    expect(await cached.measure([sample('high'), sample('low')])).toMatchObject([
      { kind: 'measured' },
      { kind: 'measured' },
    ]);
    await cached.dispose();
    expect(trouble).toEqual([expect.stringContaining(options.folder)]);
  });

  it('holds no text', async () => {
    const { options, nextRun } = machine();
    await nextRun().cached.measure([sample('a_secret_payload')]);
    const files = filesUnder(options.folder);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) expect(readFileSync(file, 'latin1')).not.toContain('secret');
  });

  it('is swept by a run that stored something, and what is newest stays', async () => {
    const { options, nextRun } = machine();
    const first = nextRun();
    await first.cached.measure([sample('high')]);
    await first.cached.dispose();
    expect(first.engine.disposed).toBe(true);
    expect(readdirSync(options.folder)).toContain('_lastverified');
    const { engine, cached } = nextRun();
    await cached.measure([sample('high')]);
    expect(engine.calls).toEqual([]);
  });

  it('ends with an AbortError when it is cancelled', async () => {
    const { nextRun } = machine();
    await expect(nextRun().cached.measure([sample('high')], { signal: AbortSignal.abort() })).rejects.toThrow(
      'abort',
    );
  });
});

describe('the cache folder', () => {
  it('is the system’s, another, or none', () => {
    expect(cacheFolder({})).toMatch(/backfire/);
    expect(cacheFolder({ BACKFIRE_CACHE: '' })).toBe(cacheFolder({}));
    expect(cacheFolder({ BACKFIRE_CACHE: '/elsewhere' })).toBe('/elsewhere');
    expect(cacheFolder({ BACKFIRE_CACHE: 'off' })).toBeUndefined();
  });
});
