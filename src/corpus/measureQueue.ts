import type { MeasureResult } from '../analysis/measure/measureResult.js';
import type { Engine, Lane } from '../engine/engine.js';
import type { Sample } from '../analysis/sample.js';
import { asError } from './asError.js';

export type QueuedResult = MeasureResult | { readonly kind: 'cancelled' };

/** After so many calls in a row that failed as a whole, the engine is taken for gone. */
const patience = 3;

export interface QueueOptions extends Partial<QueueLimits> {
  readonly lane?: Lane;
  /** Told how many samples more are done, also within a call. */
  readonly onDone?: (samples: number) => void;
}

export interface QueueLimits {
  /** Samples of one call: enough for batches of like lengths, few enough that cancelling is quick. */
  readonly batch: number;
  /** Samples that wait or run at once: the bound of memory. */
  readonly pending: number;
  /** Calls that the engine works on at once. */
  readonly atOnce: number;
}

export const scanLimits: QueueLimits = { batch: 32, pending: 256, atOnce: 1 };

/** Limits for so many engines behind one interface. */
export function limitsOf(engines: number): QueueLimits {
  return { ...scanLimits, pending: scanLimits.pending * engines, atOnce: engines };
}

export interface MeasureOrigins {
  readonly cached: number;
  readonly computed: number;
}

interface Waiting {
  readonly sample: Sample;
  readonly settle: (result: QueuedResult) => void;
  readonly fail: (error: unknown) => void;
}

/** Collects single samples into calls of the engine, while the reading goes on and while the model still loads. */
export class MeasureQueue {
  private readonly waiting: Waiting[] = [];
  private readonly roomWaiters: (() => void)[] = [];
  private running = 0;
  private calls = 0;
  private failedCalls = 0;
  private fatal: Error | undefined;
  private busySince = 0;
  private busyTotal = 0;
  private readonly origins = { cached: 0, computed: 0 };

  private readonly limits: QueueLimits;
  private isReady = false;

  constructor(
    private readonly engine: Engine,
    private readonly signal: AbortSignal,
    private readonly options: QueueOptions = {},
  ) {
    this.limits = { ...scanLimits, ...options };
    signal.addEventListener('abort', () => this.cancelWaiting(), { once: true });
    // The first call waits for the model, so that it is no call of a single sample.
    engine.info().then(
      () => {
        this.isReady = true;
        this.pump();
      },
      (error: unknown) => this.giveUp(error, []),
    );
  }

  /** Milliseconds in which the engine had work. */
  get busyMs(): number {
    return this.busyTotal + (this.calls > 0 ? performance.now() - this.busySince : 0);
  }

  /** Where the measures came from; what failed counts for neither. */
  get measures(): MeasureOrigins {
    return { ...this.origins };
  }

  /** Why the engine was given up, if it was. */
  get failure(): Error | undefined {
    return this.fatal;
  }

  get pending(): number {
    return this.waiting.length + this.running;
  }

  get isFull(): boolean {
    return this.pending >= this.limits.pending;
  }

  /** Resolves when another sample may be added. */
  async room(): Promise<void> {
    while (this.isFull && !this.signal.aborted && this.fatal === undefined) {
      await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
    }
  }

  /**
   * Rejects only when the engine is gone for good. `signal` takes back this sample alone, as long as it waits; once
   * its call runs, the result comes and is the caller's to drop.
   */
  measure(sample: Sample, signal?: AbortSignal): Promise<QueuedResult> {
    if (this.signal.aborted || signal?.aborted === true) return Promise.resolve({ kind: 'cancelled' });
    if (this.fatal !== undefined) return Promise.reject(this.fatal);
    const result = new Promise<QueuedResult>((settle, fail) => this.waiting.push({ sample, settle, fail }));
    // Whoever awaits in order may come late: that must not count as unhandled.
    result.catch(() => undefined);
    signal?.addEventListener('abort', () => this.takeBack(sample), { once: true });
    this.pump();
    return result;
  }

  private pump(): void {
    while (this.isReady && this.waiting.length > 0 && this.fatal === undefined && !this.signal.aborted) {
      const { batch, atOnce } = this.limits;
      const idle = atOnce - this.calls;
      // One call more than engines, so that none idles for want of a message.
      const mayCall = idle > 0 || (idle === 0 && this.waiting.length >= batch);
      if (!mayCall) return;
      // At the end of a scan all engines get their part of what is left.
      void this.call(
        this.waiting.splice(0, Math.min(batch, Math.ceil(this.waiting.length / Math.max(1, idle)))),
      );
    }
  }

  private async call(batch: readonly Waiting[]): Promise<void> {
    if (this.calls === 0) this.busySince = performance.now();
    this.calls += 1;
    this.running += batch.length;
    let told = 0;
    let cached = 0;
    const onProgress = (done: number): void => {
      this.options.onDone?.(done - told);
      told = done;
    };
    try {
      const samples = batch.map((each) => each.sample);
      const { lane = 'scan' } = this.options;
      const results = await this.engine.measure(samples, {
        signal: this.signal,
        lane,
        onProgress,
        onCached: (found) => (cached = found),
      });
      this.failedCalls = 0;
      this.origins.cached += cached;
      this.origins.computed += results.filter(({ kind }) => kind === 'measured').length - cached;
      onProgress(batch.length);
      batch.forEach((each, index) => {
        each.settle(
          results[index] ?? { kind: 'failed', reason: 'the engine gave no result for this sample' },
        );
      });
    } catch (error) {
      this.callFailed(batch, error);
    } finally {
      this.calls -= 1;
      this.running -= batch.length;
      if (this.calls === 0) this.busyTotal += performance.now() - this.busySince;
      this.release();
      this.pump();
    }
  }

  private callFailed(batch: readonly Waiting[], error: unknown): void {
    if (this.signal.aborted) {
      for (const each of batch) each.settle({ kind: 'cancelled' });
      return;
    }
    this.failedCalls += 1;
    if (this.failedCalls >= patience) {
      this.giveUp(error, batch);
      return;
    }
    const reason = `the engine failed: ${asError(error).message}`;
    for (const each of batch) each.settle({ kind: 'failed', reason });
  }

  private giveUp(error: unknown, batch: readonly Waiting[]): void {
    this.fatal ??= asError(error);
    for (const each of [...batch, ...this.waiting.splice(0)]) each.fail(this.fatal);
    this.release();
  }

  private takeBack(sample: Sample): void {
    const at = this.waiting.findIndex((each) => each.sample === sample);
    if (at === -1) return;
    for (const each of this.waiting.splice(at, 1)) each.settle({ kind: 'cancelled' });
    this.release();
  }

  private cancelWaiting(): void {
    for (const each of this.waiting.splice(0)) each.settle({ kind: 'cancelled' });
    this.release();
  }

  private release(): void {
    for (const resolve of this.roomWaiters.splice(0)) resolve();
  }
}
