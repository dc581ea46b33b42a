import { expect, it } from 'vitest';
import fc from 'fast-check';
import { meanEstimate, ratioEstimate, taughtTokens } from '../../../src/analysis/measure/kernel.js';

const products = (rows: number[][]) => Float32Array.from(rows.flat());

it('adds the products of the text tokens and saturates at the NLL of each payload token', () => {
  const { byQuery } = taughtTokens(
    products([
      [0.5, 100],
      [0.5, 100],
    ]),
    Float64Array.of(2, 3),
    1,
  );
  expect(byQuery[0]).toBeCloseTo(2 * (1 - Math.exp(-1 / 2)), 6);
  expect(byQuery[1]).toBeCloseTo(3, 6);
});

it('has a part for each row, also where there is one only', () => {
  const { byQuery, byToken } = taughtTokens(products([[1]]), Float64Array.of(4), 1);
  expect(byQuery[0]).toBeCloseTo(4 * (1 - Math.exp(-1 / 4)), 6);
  expect(byToken).toHaveLength(1);
});

it('takes a text without a predicted token to teach nothing', () => {
  expect([...taughtTokens(new Float32Array(), Float64Array.of(1, 2), 1).byQuery]).toEqual([0, 0]);
});

it('lets a text teach against the payload, without bound', () => {
  expect(taughtTokens(products([[-3]]), Float64Array.of(1), 2).byQuery[0]).toBe(-6);
});

it('splits what is taught among the tokens of the text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.double({ min: -1, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }), {
        minLength: 1,
        maxLength: 8,
      }),
      (rows) => {
        const { byQuery, byToken } = taughtTokens(products(rows), Float64Array.of(1, 2, 3), 4);
        const total = byToken.reduce((a, b) => a + b, 0);
        expect(total).toBeCloseTo(byQuery.reduce((a, b) => a + b, 0) / 3, 4);
      },
    ),
  );
});

it('gives the same interval for the same values, and one that holds the value', () => {
  const values = Float64Array.of(0.1, 0.9, 1.4, 0.2, 0.7);
  expect(meanEstimate(values)).toEqual(meanEstimate(values));
  const { value, low, high } = meanEstimate(values);
  expect(value).toBeCloseTo(0.66, 6);
  expect(low).toBeLessThan(value);
  expect(high).toBeGreaterThan(value);
});

it('gives no ratio to a bare version that teaches nothing', () => {
  expect(ratioEstimate(Float64Array.of(1, 2), Float64Array.of(0, 0))).toBeUndefined();
  expect(ratioEstimate(Float64Array.of(1, 2), Float64Array.of(-1, -2))).toBeUndefined();
});

it('resamples both sides of a ratio together: equal values have the ratio 1 without spread', () => {
  const values = Float64Array.of(0.1, 3, 0.5);
  expect(ratioEstimate(values, values)).toEqual({ value: 1, low: 1, high: 1 });
});
