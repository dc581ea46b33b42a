import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findCandidates } from '../../../src/analysis/frames/findCandidates.js';
import { grammars } from './find.js';

interface StressItem {
  readonly id: string;
  readonly path: string;
  readonly label: 'warned' | 'safe';
  readonly payload_span: readonly [number, number] | null;
  readonly text: string;
}

/** Short documents of our own, each with a frame in another shape and wording, and harmless twins of them. */
const items = readFileSync('lab/data/detection-stress.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as StressItem);

describe('the stress set', () => {
  it('is found and placed down to a floor', async () => {
    const failures: string[] = [];
    const counts = { placed: 0, warned: 0, falseHits: 0 };
    for (const { id, path, label, payload_span: truth, text } of items) {
      const found = (await findCandidates({ text, path }, grammars)).filter(
        ({ detection }) => detection >= 0.5,
      );
      if (truth === null) {
        if (found.length > 0) {
          counts.falseHits++;
          failures.push(`${id}: flagged, but ${label}`);
        }
        continue;
      }
      counts.warned++;
      const [start, end] = truth;
      const overlap = Math.max(
        0,
        ...found.map(({ payload }) => {
          const shared = Math.max(0, Math.min(end, payload.end) - Math.max(start, payload.start));
          return shared / (end - start + payload.end - payload.start - shared);
        }),
      );
      if (overlap >= 0.8) counts.placed++;
      else failures.push(`${id}: ${found.length === 0 ? 'missed' : `overlap ${overlap.toFixed(2)}`}`);
    }
    const report = failures.join('\n');
    expect(counts.warned, report).toBeGreaterThan(200);
    expect(counts.placed / counts.warned, report).toBeGreaterThanOrEqual(0.9);
    expect(counts.falseHits / (items.length - counts.warned), report).toBeLessThanOrEqual(0.03);
  });
});
