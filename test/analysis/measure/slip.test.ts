import { describe, expect, it } from 'vitest';
import { isStealthSlip, pooled } from '../../../src/analysis/measure/slip.js';

const rule = { pool: 'mean', threshold: 1, firing: 0.5 } as const;

describe('a stealth slip', () => {
  it.each([
    ['flagged bare, not under the frame, features firing', { bare: 1, sample: 0.9 }, 0.5, true],
    ['flagged both ways', { bare: 2, sample: 1 }, 0.9, false],
    ['never flagged', { bare: 0.9, sample: -1 }, 0.9, false],
    ['features gone as well', { bare: 2, sample: 0 }, 0.49, false],
  ])('%s: %j at entanglement %d → %s', (_, scores, entanglement, expected) => {
    expect(isStealthSlip(scores, entanglement, rule)).toBe(expected);
  });
});

describe('the score of a payload', () => {
  it('is the mean over its tokens, or its last, without sinks', () => {
    expect(pooled([NaN, 1, 4], 'mean')).toBe(2.5);
    expect(pooled([1, 4, NaN], 'last')).toBe(4);
    expect(pooled([NaN], 'mean')).toBeUndefined();
    expect(pooled([], 'last')).toBeUndefined();
  });
});
