import { setImmediate } from 'node:timers/promises';

/** Far below the 50 ms from which on a person feels that the extension host hangs. */
const sliceMs = 8;

/** Cuts long work into slices, between which the extension host answers others. */
export class TimeSlice {
  #since = performance.now();

  /** To be awaited between two steps: lets the event loop turn when the slice is used up. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < sliceMs) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
