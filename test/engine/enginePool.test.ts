import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { enginePool } from '../../src/engine/enginePool.js';
import { dangerous, realEngine } from './engineFixture.js';

const started: Engine[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((engine) => engine.dispose()));
});

const many = Array.from({ length: 12 }, (_, at) => ({
  ...dangerous,
  text: dangerous.text.replace('result', `result${at}`),
  payload: { start: 36, end: 58 + String(at).length },
}));

describe('two engines behind one interface', () => {
  it('work at once, give what one gives, and survive the death of one', async () => {
    const events: string[] = [];
    const engines = [1, 2].map(() => realEngine({ threads: 1, onEvent: (event) => events.push(event) }));
    const pool = enginePool(engines);
    started.push(pool);
    await pool.info();
    const ids = await Promise.all(engines.map(async (engine) => (await engine.info()).processId));
    expect(new Set(ids).size).toBe(2);

    const calls = Promise.all([pool.measure(many), pool.measure([...many].reverse())]);
    await sleep(100);
    process.kill(ids[1]!, 'SIGKILL');
    const [forth, back] = await calls;
    expect(events).toEqual(['engine ended: signal SIGKILL']);
    expect(back.toReversed()).toEqual(forth);

    const alone = realEngine({ threads: 1 });
    started.push(alone);
    expect(await alone.measure(many)).toEqual(forth);
  });
});
