import type { Engine } from './engine.js';

/**
 * Several engines behind the interface of one. Each call of `measure` goes to an engine with the fewest calls under
 * way; an engine that dies is replaced by its own client. `info` waits until all are there.
 */
export function enginePool(engines: readonly Engine[]): Engine {
  const underWay = engines.map(() => 0);
  return {
    info: async () => (await Promise.all(engines.map((engine) => engine.info())))[0]!,
    findCandidates: (document, options) => engines[0]!.findCandidates(document, options),
    async measure(samples, options) {
      const index = underWay.indexOf(Math.min(...underWay));
      underWay[index]! += 1;
      try {
        return await engines[index]!.measure(samples, options);
      } finally {
        underWay[index]! -= 1;
      }
    },
    async dispose() {
      await Promise.all(engines.map((engine) => engine.dispose()));
    },
  };
}
