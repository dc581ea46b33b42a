import { setTimeout as sleep } from 'node:timers/promises';

/** Median with the least and the greatest of several rounds. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** One of the things that are timed against each other. */
export interface Contender {
  /** What has to be in place before a run, outside the clock. */
  readonly before?: () => Promise<unknown>;
  readonly run: () => Promise<unknown>;
}

/** Threads of whoever ran before may still spin for a moment, and would take cores from the next one. */
const pauseMs = 60;

/**
 * Milliseconds of each contender in each round. They take turns (A B C, A B C, …), so that what disturbs the machine for a while
 * disturbs all of them; the first round warms up and is not counted.
 */
export async function interleave<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const { before, run } = contenders[name];
      await before?.();
      await sleep(pauseMs);
      const start = performance.now();
      await run();
      const ms = performance.now() - start;
      if (round >= 0) times[name].push(ms);
    }
  }
  return times;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
  return { median, low: sorted[0] ?? NaN, high: sorted.at(-1) ?? NaN };
}

/** Spread of a figure made of the rounds' times, each round by itself. */
export function perRound(count: number, figure: (round: number) => number): Spread {
  return spread(Array.from({ length: count }, (_, round) => figure(round)));
}
