import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heatCells, strongest, totalOf } from '../../webview/heatCells.js';

const text = '# BAD\nseed(1)\n';
const sample = { text, frame: { start: 2, end: 5 }, payload: { start: 6, end: 13 } };

describe('the cells of the heat map', () => {
  it('name the part of each token, and cut what no token covers at the borders', () => {
    const cells = heatCells(sample, [
      { start: 1, end: 5, taught: 0.1 },
      { start: 6, end: 10, taught: 0.5 },
    ]);
    expect(cells).toEqual([
      { start: 0, end: 1, part: 'context' },
      { start: 1, end: 5, part: 'context', taught: 0.1 },
      { start: 5, end: 6, part: 'context' },
      { start: 6, end: 10, part: 'payload', taught: 0.5 },
      { start: 10, end: 13, part: 'payload' },
      { start: 13, end: 14, part: 'context' },
    ]);
    expect(strongest(cells)).toBe(0.5);
    expect(totalOf(cells, 'payload')).toBe(0.5);
  });

  it('add up tokens that share a letter', () => {
    const cells = heatCells({ text: 'é!', payload: { start: 0, end: 2 } }, [
      { start: 0, end: 1, taught: 0.25 },
      { start: 0, end: 1, taught: 0.5 },
    ]);
    expect(cells[0]).toEqual({ start: 0, end: 1, part: 'payload', taught: 0.75 });
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
        }));
        const cells = heatCells(sample, tokens);
        expect(cells.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        const sum = tokens.reduce((all, { taught }) => all + taught, 0);
        expect(cells.reduce((all, { taught = 0 }) => all + taught, 0)).toBeCloseTo(sum, 9);
      }),
    );
  });
});
