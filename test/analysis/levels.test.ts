import { expect, it } from 'vitest';
import type { Measures } from '../../src/analysis/finding.js';
import { levelOf } from '../../src/analysis/levels.js';
import { remediesOf } from '../../src/analysis/remedies.js';

const point = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 });
const measures = (taught: number, ratio?: number): Measures => ({
  taught: point(taught),
  ...(ratio === undefined ? {} : { teachRatio: point(ratio) }),
  calibrated: false,
  payloadTokens: 10,
});

it('ranks by what is taught', () => {
  expect([1.5, 0.7, 0.2, 0.01].map((taught) => levelOf(measures(taught, 1)))).toEqual([
    'high',
    'medium',
    'low',
    'none',
  ]);
});

it('falls by one level where the frame takes away more than half, its whole interval considered', () => {
  expect([1.5, 0.7, 0.2].map((taught) => levelOf(measures(taught, 0.3)))).toEqual(['medium', 'low', 'none']);
  expect(levelOf(measures(1.5, 0.45))).toBe('high');
});

it('has no level for what was not measured', () => {
  expect(levelOf({ calibrated: false, payloadTokens: 0 })).toBe('none');
});

it('offers only remedies that leave a quarter of the lesson or less', () => {
  const framed = { ...measures(1), taughtFrameOnly: point(0.6) };
  expect(remediesOf(framed, 0.1)).toEqual([
    'mask the payload from the loss: taught 1.00 → 0.10 nats per token',
  ]);
  expect(remediesOf({ ...measures(1), taughtFrameOnly: point(0) }, 0.9)).toEqual([
    'delete the payload, keep the explanation: taught 1.00 → 0.00 nats per token',
  ]);
});
