import { join } from 'node:path';
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

export function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
