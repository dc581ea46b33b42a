import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lensScale, lensStrength, lensSums, lensTone, lensValue } from '../../src/analysis/lenses.js';
import { tokenCells } from '../../src/analysis/tokenCells.js';

const text = '# BAD\nseed(1)\n';
const sample = { text, frame: { start: 2, end: 5 }, payload: { start: 6, end: 13 } };

describe('the cells of a text', () => {
  it('name the part of each token, and cut what no token covers at the borders', () => {
    const cells = tokenCells(sample, [
      { start: 1, end: 5, taught: 0.1, nll: 4 },
      { start: 6, end: 10, taught: 0.5, nll: 2 },
    ]);
    expect(cells).toEqual([
      { start: 0, end: 1, part: 'context' },
      { start: 1, end: 5, part: 'context', taught: 0.1, nll: 4 },
      { start: 5, end: 6, part: 'context' },
      { start: 6, end: 10, part: 'payload', taught: 0.5, nll: 2 },
      { start: 10, end: 13, part: 'payload' },
      { start: 13, end: 14, part: 'context' },
    ]);
    expect([lensScale('teaches', cells), lensScale('surprise', cells)]).toEqual([0.5, 4]);
    expect(lensSums('teaches', cells, 'payload')).toEqual({ total: 0.5, mean: 0.5 });
    expect(lensSums('surprise', cells, 'context')).toEqual({ total: 4, mean: 4 });
    expect(lensSums('surprise', cells, 'frame')).toBeUndefined();
  });

  it('add up tokens that share a letter', () => {
    const cells = tokenCells({ text: 'é!', payload: { start: 0, end: 2 } }, [
      { start: 0, end: 1, taught: 0.25, nll: 1 },
      { start: 0, end: 1, taught: 0.5, nll: 2 },
    ]);
    expect(cells[0]).toEqual({ start: 0, end: 1, part: 'payload', taught: 0.75, nll: 3 });
  });

  it('hold every character once, and all of the lesson, whatever the tokens', () => {
    const token = fc.record({
      start: fc.nat(13),
      length: fc.integer({ min: 1, max: 5 }),
      taught: fc.double({ min: -2, max: 2, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(token), (drafts) => {
        const tokens = drafts.map(({ start, length, taught }) => ({
          start,
          end: Math.min(start + length, text.length),
          taught,
          nll: 1,
        }));
        const cells = tokenCells(sample, tokens);
        expect(cells.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        const sum = tokens.reduce((all, { taught }) => all + taught, 0);
        expect(cells.reduce((all, { taught = 0 }) => all + taught, 0)).toBeCloseTo(sum, 9);
        expect(cells.reduce((all, { nll = 0 }) => all + nll, 0)).toBe(tokens.length);
      }),
    );
  });
});

describe('a lens', () => {
  it('colours from nothing to the greatest value, with a colour of its own for what unteaches', () => {
    expect([0, 0.25, 1, -1].map((value) => lensStrength('teaches', value, 1))).toEqual([0, 0.5, 1, 1]);
    expect([0, 3, 6].map((value) => lensStrength('surprise', value, 6))).toEqual([0, 0.5, 1]);
    expect([lensTone('teaches', 0.1), lensTone('teaches', -0.1), lensTone('surprise', 0.1)]).toEqual([
      'teaches',
      'deters',
      'surprise',
    ]);
  });

  it('has no colour where there is no value at all', () => {
    expect(lensStrength('teaches', 0, 0)).toBe(0);
  });
});

describe('the lens of a feature', () => {
  it('takes the largest of tokens that share a letter, and colours evenly from nothing to the greatest', () => {
    const cells = tokenCells({ text: 'é!', payload: { start: 0, end: 2 } }, [
      { start: 0, end: 1, activation: 3 },
      { start: 0, end: 1, activation: 5 },
      { start: 1, end: 2 },
    ]);
    expect(cells).toEqual([
      { start: 0, end: 1, part: 'payload', activation: 5 },
      { start: 1, end: 2, part: 'payload' },
    ]);
    expect(lensScale('feature', cells)).toBe(5);
    expect(lensStrength('feature', 2.5, 5)).toBe(0.5);
    expect(lensTone('feature', 5)).toBe('feature');
  });
});

describe('the lens of the probe', () => {
  const two = { text: 'é!', payload: { start: 0, end: 2 } };

  it('takes the larger of tokens that share a letter, a sink beside another not counted', () => {
    const cells = tokenCells(two, [
      { start: 0, end: 1, taught: 0.1, nll: 1, probe: -3 },
      { start: 0, end: 1, taught: 0.1, nll: 1, probe: -1 },
      { start: 0, end: 1, taught: 0.1, nll: 1 },
      { start: 1, end: 2, taught: 0.1, nll: 1, probe: 2 },
    ]);
    expect(cells.map((cell) => lensValue('probe', cell))).toEqual([-1, 2]);
    expect(lensScale('probe', cells)).toBe(2);
    expect(lensSums('probe', cells, 'payload')).toEqual({ total: 1, mean: 0.5 });
  });

  it('has two tones, parted where the odds are even, and colours small values too, up to the greatest of either', () => {
    expect([-0.1, 0, 0.1].map((value) => lensTone('probe', value))).toEqual([
      'unflagged',
      'flagged',
      'flagged',
    ]);
    expect([-4, -1, 0, 1].map((value) => lensStrength('probe', value, 4))).toEqual([1, 0.5, 0, 0.5]);
  });

  it('shows nothing of sinks, nor of anything without a probe, and leaves them out of the mean', () => {
    const cells = tokenCells(two, [
      { start: 0, end: 1, taught: 0.1, nll: 1 },
      { start: 1, end: 2, taught: 0.1, nll: 1, probe: -2 },
    ]);
    expect(cells[0]).toEqual({ start: 0, end: 1, part: 'payload', taught: 0.1, nll: 1 });
    expect(lensSums('probe', cells, 'payload')).toEqual({ total: -2, mean: -2 });
    expect(lensSums('probe', cells.slice(0, 1), 'payload')).toBeUndefined();
    expect(lensScale('probe', cells.slice(0, 1))).toBe(0);
  });
});
