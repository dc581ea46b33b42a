import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Measures } from '../../src/analysis/finding.js';
import { deletePayload, failingRemedies, isDeletion, remediesOf } from '../../src/analysis/remedies.js';

interface Row {
  readonly label: string;
  readonly verdict: 'works' | 'fails' | 'unknown';
}

const { remedies: measured } = JSON.parse(readFileSync('lab/results/ground-truth/remedies.json', 'utf8')) as {
  remedies: Row[];
};
const labels = (verdict: Row['verdict']) =>
  measured.filter((row) => row.verdict === verdict).map(({ label }) => label);
const labelsOf = (texts: readonly string[]) => texts.map((text) => text.slice(0, text.indexOf(':')));

/** A sample that teaches 1 nat, and what its own measures say that masking and deleting would leave. */
const measures = (masked: number, frameOnly: number): Measures => ({
  taught: { value: 1, low: 0.9, high: 1.1 },
  taughtMasked: masked,
  taughtFrameOnly: { value: frameOnly, low: frameOnly - 0.1, high: frameOnly + 0.1 },
  calibrated: true,
  payloadTokens: 10,
});

it('offers what cut the lesson in training or in what is written, best evidence first, and nothing else', () => {
  expect(labels('works').length).toBeGreaterThan(0);
  expect(labelsOf(remediesOf(measures(0, 0)))).toEqual(labels('works'));
  expect(labelsOf(failingRemedies)).toEqual(labels('fails'));
});

it('names figures of the sample and of the measurement', () => {
  const offered = remediesOf(measures(0.1, 0.1));
  const [deleted] = offered.filter(isDeletion);
  expect(deleted).toMatch(
    /: taught 1\.00 → 0\.10 nats per token; in training it took \d+ % of the lesson, median of \d+ samples$/,
  );
  const [masked] = offered.filter((text) => text.startsWith('mask the payload from the loss'));
  expect(masked).toMatch(
    /: taught 1\.00 → 0\.10 nats per token; the fault was then written in \d+ % of \d+ completions, not \d+ %$/,
  );
  const [fixed] = offered.filter((text) => text.startsWith('put the fix'));
  expect(fixed).toMatch(/: the fault was then written in \d+ % of \d+ completions, not \d+ %$/);
});

it('leaves out what would leave more than a quarter of this lesson', () => {
  expect(labelsOf(remediesOf(measures(0.1, 0.6)))).not.toContain(deletePayload);
  expect(labelsOf(remediesOf(measures(0.9, 0)))).not.toContain('mask the payload from the loss');
  expect(remediesOf(measures(0.9, 0)).filter(isDeletion)).toHaveLength(1);
});

it('offers nothing where nothing is taught', () => {
  expect(remediesOf({ ...measures(0, 0), taught: { value: -0.1, low: -0.2, high: 0 } })).toEqual([]);
});

it('lists warnings in other words, at other places and in the prompt among what fails', () => {
  for (const name of [
    'word the warning otherwise',
    'put the warning behind the payload',
    'ask for safe code in the prompt',
  ]) {
    expect(labelsOf(failingRemedies)).toContain(name);
  }
});
