import { expect, it } from 'vitest';
import { rounded } from '../../../src/analysis/measure/rounding.js';

it('keeps six digits of every number, and all else as it is', () => {
  const value = { a: 1.23456789, b: [{ c: 0.000123456789, d: 'x' }], e: undefined, f: true, g: 12, h: null };
  expect(rounded(value)).toEqual({
    a: 1.23457,
    b: [{ c: 0.000123457, d: 'x' }],
    e: undefined,
    f: true,
    g: 12,
    h: null,
  });
});
