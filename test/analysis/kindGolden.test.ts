import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { kindProbabilities } from '../../src/analysis/kind/classify.js';
import type { Span } from '../../src/analysis/span.js';

interface GoldenText {
  readonly text: string;
  readonly frame: readonly [number, number] | null;
  readonly payload: readonly [number, number];
  readonly probabilities: readonly number[];
}

const span = ([start, end]: readonly [number, number]): Span => ({ start, end });

/** `python -m backfire_lab.train_kind` writes both the weights and these values. */
const golden = readFileSync(join(import.meta.dirname, '..', 'golden', 'kind.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as GoldenText);

it('agrees with the lab on every golden text, with and without a frame', () => {
  expect(golden.length).toBeGreaterThanOrEqual(30);
  expect(golden.filter(({ frame }) => frame === null).length).toBeGreaterThanOrEqual(10);
  for (const { text, frame, payload, probabilities } of golden) {
    const found = kindProbabilities(text, frame === null ? null : span(frame), span(payload));
    found.forEach((value, kind) => {
      expect(Math.abs(value - probabilities[kind]!), text.slice(0, 80)).toBeLessThan(1e-6);
    });
  }
});
