import { describe, expect, it } from 'vitest';
import type { Measures } from '../../src/analysis/finding.js';
import { kindNames } from '../../src/analysis/kind/kindNames.js';
import { isAskedFor, levelOf, levelWithin, usualKinds } from '../../src/analysis/levels.js';

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

describe('the kind has a say', () => {
  const style = { name: 'style', probability: 0.8 } as const;
  const unsureStyle = { name: 'style', probability: 0.45 } as const;
  const security = { name: 'security', probability: 0.4 } as const;

  it('style has no level, and no other kind loses its own, where nothing is asked for', () => {
    expect(levelWithin('high', style, usualKinds)).toBe('none');
    for (const name of usualKinds) {
      expect(levelWithin('high', { name, probability: 0.99 }, usualKinds)).toBe('high');
    }
  });

  it('style that is unsure keeps its level', () => {
    expect(levelWithin('medium', unsureStyle, usualKinds)).toBe('medium');
  });

  it('style keeps its level where it is asked for', () => {
    expect(levelWithin('high', style, kindNames)).toBe('high');
    expect(levelWithin('high', style, ['style'])).toBe('high');
  });

  it('only what is asked for has a level', () => {
    expect(levelWithin('high', security, ['security'])).toBe('high');
    expect(levelWithin('high', unsureStyle, ['security'])).toBe('none');
    expect(levelWithin('high', { name: 'correctness', probability: 0.5 }, ['security'])).toBe('none');
  });

  it('is never raised', () => {
    expect(levelWithin('none', security, kindNames)).toBe('none');
  });

  it('leaves style in a list of every candidate, unless kinds are named', () => {
    expect(isAskedFor(style, usualKinds)).toBe(true);
    expect(isAskedFor(style, ['security'])).toBe(false);
  });
});
