import type { MeasureResult } from '../analysis/measure/measureResult.js';
import type { Sample } from '../analysis/sample.js';
import type { Engine, MeasureOptions } from './engine.js';
import type { MeasureCache } from './measureCache.js';

/** The engine, asked only for samples whose measures are not in the cache. */
export function cachedEngine(engine: Engine, cache: MeasureCache): Engine {
  return {
    info: () => engine.info(),
    findCandidates: (document, options) => engine.findCandidates(document, options),
    measure: (samples, options) => measureMissing(engine, cache, samples, options),
    async dispose() {
      await engine.dispose();
      await cache.sweep();
    },
  };
}

async function measureMissing(
  engine: Engine,
  cache: MeasureCache,
  samples: readonly Sample[],
  options: MeasureOptions = {},
): Promise<MeasureResult[]> {
  const known = await Promise.all(samples.map((sample) => cache.get(sample)));
  options.signal?.throwIfAborted();
  const missing = samples.filter((_, index) => known[index] === undefined);
  const found = samples.length - missing.length;
  const { onProgress, onCached } = options;
  if (found > 0) {
    onProgress?.(found);
    onCached?.(found);
  }
  if (missing.length === 0) return known.filter((result) => result !== undefined);
  const measured = await engine.measure(missing, {
    ...options,
    ...(onProgress && { onProgress: (done) => onProgress(found + done) }),
  });
  await Promise.all(measured.map((result, index) => cache.put(missing[index]!, result)));
  const fresh = measured.values();
  return known.map((result) => result ?? fresh.next().value!);
}
