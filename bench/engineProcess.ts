import { existsSync, readFileSync } from 'node:fs';
import type { Sample } from '../src/analysis/sample.js';
import { type EngineOptions, startEngine } from '../src/engine/client.js';
import type { Engine } from '../src/engine/engine.js';
import type { Line } from './figure.js';
import { spread } from './rounds.js';

const section = 'The engine process';

/** One fresh process. Memory is read from /proc, so only on Linux. */
interface Life {
  readonly readySeconds: number;
  readonly samplesPerSecond?: number;
  readonly open?: Memory;
  readonly used?: Memory;
}

/** Resident memory in GB (10^9 bytes): now, and the most so far. */
interface Memory {
  readonly now: number;
  readonly most: number;
}

/** From fork to the first answer, and memory after opening and after samples of all lengths. */
export async function engineProcess(
  options: EngineOptions,
  samples: readonly Sample[],
  rounds: number,
): Promise<Line[]> {
  const lives: Life[] = [];
  // The samples take a minute, and memory hardly differs from process to process: they are measured in the first one.
  for (let round = 0; round < rounds; round++)
    lives.push(await liveOnce(options, round === 0 ? samples : []));
  const memory = (what: string, pick: (life: Life) => number | undefined): Line[] => {
    const values = lives.flatMap((life) => pick(life) ?? []);
    if (values.length === 0) return [];
    return [{ section, what, value: spread(values), unit: 'GB', target: { atMost: 1 } }];
  };
  return [
    {
      section,
      what: 'ready: fork to first answer',
      value: spread(lives.map((life) => life.readySeconds)),
      unit: 's',
      target: { atMost: 2 },
    },
    ...memory('memory when open', (life) => life.open?.now),
    ...memory('memory when open, peak', (life) => life.open?.most),
    ...memory(`memory after ${samples.length} samples`, (life) => life.used?.now),
    ...memory(`memory after ${samples.length} samples, peak`, (life) => life.used?.most),
    {
      section,
      what: `${samples.length} samples of 40 to 480 tokens, all measures`,
      value: spread(lives.flatMap((life) => life.samplesPerSecond ?? [])),
      unit: 'samples/s',
    },
    ...(lives.some((life) => life.used) ? [] : [{ section, reason: 'memory: this system has no /proc' }]),
  ];
}

async function liveOnce(options: EngineOptions, samples: readonly Sample[]): Promise<Life> {
  const engine: Engine = startEngine(options);
  try {
    const started = performance.now();
    const { processId } = await engine.info();
    const ready = performance.now();
    const open = memoryOf(processId);
    const readySeconds = (ready - started) / 1000;
    if (samples.length === 0) return { readySeconds, ...(open ? { open } : {}) };
    const asked = performance.now();
    const results = await engine.measure(samples);
    const samplesPerSecond = (samples.length / (performance.now() - asked)) * 1000;
    const failed = results.find((result) => result.kind === 'failed');
    if (failed) throw new Error(`a sample of the bench could not be measured: ${failed.reason}`);
    const used = memoryOf(processId);
    return {
      readySeconds,
      samplesPerSecond,
      ...(open ? { open } : {}),
      ...(used ? { used } : {}),
    };
  } finally {
    await engine.dispose();
  }
}

/** Undefined where the system has no /proc. */
export function memoryOf(processId: number): Memory | undefined {
  const path = `/proc/${processId}/status`;
  if (!existsSync(path)) return undefined;
  const status = readFileSync(path, 'utf8');
  const gigabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e9;
  return { now: gigabytes('VmRSS'), most: gigabytes('VmHWM') };
}
