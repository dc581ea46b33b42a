import { join } from 'node:path';
import { expect } from 'vitest';
import { startEngine, type EngineOptions } from '../../src/engine/client.js';
import type { FeatureEngine } from '../../src/engine/engine.js';
import { packFolder, root } from '../model/packFixture.js';

/** The real engine process, as the bundles start it. */
export function realEngine(options: Partial<EngineOptions> = {}): FeatureEngine {
  return startEngine({
    packFolder,
    grammarFolder: join(root, 'dist', 'grammars'),
    serverEntry: join(root, 'dist', 'engine.mjs'),
    ...options,
  });
}

export const dangerous = {
  text: '# BAD: runs whatever the user typed\nresult = eval(input())\n',
  frame: { start: 0, end: 35 },
  payload: { start: 36, end: 58 },
  language: 'python',
};

/** Results are the same but for what batching changes: a gradient product sums what else is in its run in another order. */
export function expectAlike(ours: unknown, theirs: unknown, path = 'result'): void {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    expect(Math.abs(ours - theirs), path).toBeLessThan(1e-4);
  } else if (typeof ours === 'object' && ours !== null && typeof theirs === 'object' && theirs !== null) {
    expect(Object.keys(ours), path).toEqual(Object.keys(theirs));
    for (const [name, value] of Object.entries(ours))
      expectAlike(value, theirs[name as keyof typeof theirs], `${path}.${name}`);
  } else expect(ours, path).toEqual(theirs);
}
