import { join } from 'node:path';
import { findCandidates } from '../src/analysis/frames/findCandidates.js';
import type { Sample } from '../src/analysis/sample.js';
import { sampleOf } from '../src/analysis/sampleWindow.js';
import { limitsOf, MeasureQueue } from '../src/corpus/measureQueue.js';
import { startEngine } from '../src/engine/client.js';
import type { Engine } from '../src/engine/engine.js';
import { enginePool } from '../src/engine/enginePool.js';
import { loadGrammars } from '../src/model/grammars.js';
import type { Line } from './figure.js';
import { interleave, perRound } from './rounds.js';
import { readExamples } from './texts.js';

const section = 'Engines side by side, measuring the samples of the examples';

/** One engine with one thread, two with one each, one with two: by turns, models loaded. */
export async function engines(root: string, rounds: number): Promise<Line[]> {
  const samples = await samplesOf(root);
  const start = (threads: number): Engine =>
    startEngine({
      packFolder: join(root, 'models', 'smollm2-135m-instruct'),
      grammarFolder: join(root, 'dist', 'grammars'),
      serverEntry: join(root, 'dist', 'engine.mjs'),
      threads,
      idleSeconds: 3600,
    });
  const setUps = {
    one: { engine: start(1), jobs: 1 },
    two: { engine: enginePool([start(1), start(1)]), jobs: 2 },
    threads: { engine: start(2), jobs: 1 },
  };
  const contender = ({ engine, jobs }: { engine: Engine; jobs: number }) => ({
    before: () => engine.info(),
    run: () => measureAll(engine, jobs, samples),
  });
  try {
    const times = await interleave(
      { one: contender(setUps.one), two: contender(setUps.two), threads: contender(setUps.threads) },
      rounds,
    );
    const ratio = (name: 'two' | 'threads') => perRound(rounds, (at) => times.one[at]! / times[name][at]!);
    return [
      {
        section,
        what: `two engines of one thread to one of one thread (${samples.length} samples)`,
        value: ratio('two'),
        unit: '×',
        target: { atLeast: 1.8 },
      },
      { section, what: 'one engine of two threads to one of one thread', value: ratio('threads'), unit: '×' },
      {
        section,
        what: 'two engines of one thread to one of two threads',
        value: perRound(rounds, (at) => times.threads[at]! / times.two[at]!),
        unit: '×',
      },
    ];
  } finally {
    await Promise.all(Object.values(setUps).map(({ engine }) => engine.dispose()));
  }
}

async function measureAll(engine: Engine, jobs: number, samples: readonly Sample[]): Promise<void> {
  const queue = new MeasureQueue(engine, new AbortController().signal, limitsOf(jobs));
  await Promise.all(samples.map((sample) => queue.measure(sample)));
}

async function samplesOf(root: string): Promise<Sample[]> {
  const grammars = loadGrammars(join(root, 'dist', 'grammars'));
  const found: Sample[] = [];
  for (const { path, text } of readExamples(join(root, 'examples'))) {
    for (const candidate of await findCandidates({ path, text }, grammars))
      found.push(sampleOf({ path, text }, candidate).sample);
  }
  return found;
}
