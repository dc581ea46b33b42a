import type { MeasureResult } from '../analysis/measure/measureResult.js';
import type { MeasureOrigins, MeasureQueue } from '../corpus/measureQueue.js';
import type { ScanCounts } from './scanCounts.js';

/** In the order in which a file passes them; those before the model go file by file, and the model measures meanwhile. */
export const scanStages = ['read', 'parse', 'choose', 'measure'] as const;
export type ScanStageName = (typeof scanStages)[number];

export interface ScanStage {
  readonly name: ScanStageName;
  readonly in: number;
  readonly out: number;
  readonly ms: number;
}

/** What a scan cost. Plain: it is kept with the results. */
export interface ScanCost {
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  /** False when it was cancelled, or failed. */
  readonly isWhole: boolean;
  readonly ms: number;
  readonly counts: ScanCounts;
  readonly stages: readonly ScanStage[];
  readonly measures: MeasureOrigins;
  /** Of the samples that this scan measured, from the cache or anew. */
  readonly payloadTokens: number;
}

/** Gathers what a scan costs. */
export class ScanMeter {
  readonly #started = performance.now();
  readonly #ms = { read: 0, parse: 0, choose: 0 };
  #since = this.#started;
  #candidates = 0;
  #samples = 0;
  #measured = 0;
  #payloadTokens = 0;
  #queue: Pick<MeasureQueue, 'busyMs' | 'measures'> | undefined;

  /** Ends a lap: the time since the last one went into a stage, or into none. */
  lap(stage?: Exclude<ScanStageName, 'measure'>): void {
    const now = performance.now();
    if (stage) this.#ms[stage] += now - this.#since;
    this.#since = now;
  }

  /** The queue that measures; without one, no sample was to be measured. */
  follow(queue: Pick<MeasureQueue, 'busyMs' | 'measures'>): void {
    this.#queue = queue;
  }

  found(candidates: number, samples: number): void {
    this.#candidates += candidates;
    this.#samples += samples;
  }

  measured(result: MeasureResult): void {
    if (result.kind === 'failed') return;
    this.#measured++;
    this.#payloadTokens += result.measures.payloadTokens;
  }

  cost(counts: ScanCounts, isWhole: boolean): ScanCost {
    const { files, unchanged, skipped } = counts;
    const met = files + Object.values(skipped).reduce((sum, count) => sum + count, 0);
    const parsed = files - unchanged;
    const { read, parse, choose } = this.#ms;
    return {
      endedAt: Date.now(),
      isWhole,
      ms: performance.now() - this.#started,
      counts,
      stages: [
        { name: 'read', in: met, out: files, ms: read },
        { name: 'parse', in: parsed, out: this.#candidates, ms: parse },
        { name: 'choose', in: this.#candidates, out: this.#samples, ms: choose },
        { name: 'measure', in: this.#samples, out: this.#measured, ms: this.#queue?.busyMs ?? 0 },
      ],
      measures: this.#queue?.measures ?? { cached: 0, computed: 0 },
      payloadTokens: this.#payloadTokens,
    };
  }
}
