import { describe, expect, it } from 'vitest';
import { limitsOf, MeasureQueue } from '../../src/corpus/measureQueue.js';
import { FakeEngine } from '../cli/fakes.js';

const sample = (at: number) => ({ text: `high ${at}`, language: '' });

async function callSizes(samples: number, atOnce: number): Promise<number[]> {
  const engine = new FakeEngine({ delay: 20 });
  const queue = new MeasureQueue(engine, new AbortController().signal, limitsOf(atOnce));
  await Promise.all(Array.from({ length: samples }, (_, at) => queue.measure(sample(at))));
  return engine.calls.map((call) => call.length);
}

describe('the queue before several engines', () => {
  it('shares what is left among the engines that are idle', async () => {
    expect(await callSizes(40, 4)).toEqual([10, 10, 10, 10]);
    expect(await callSizes(10, 1)).toEqual([10]);
  });

  it('keeps one full call waiting behind those that run', async () => {
    expect((await callSizes(200, 2)).slice(0, 3)).toEqual([32, 32, 32]);
  });
});
