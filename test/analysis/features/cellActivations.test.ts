import { describe, expect, it } from 'vitest';
import { cellActivations, firingTogether } from '../../../src/analysis/features/cellActivations.js';
import type { ReadText } from '../../../src/analysis/features/sampleFeatures.js';
import { tokenCells } from '../../../src/analysis/tokenCells.js';

const text = '# BAD\nseed(é)\n';
const sample = { text, frame: { start: 2, end: 5 }, payload: { start: 6, end: 13 } };
const read: ReadText = {
  starts: [0, 2, 5, 6, 10, 11, 11, 12],
  ends: [2, 5, 6, 10, 11, 12, 12, 14],
  sinks: [0],
  left: 0,
};
const tokens = read.starts.map((start, i) => ({ start, end: read.ends[i]!, nll: 1 }));

describe('activations in the cells of a text', () => {
  it('are those of the tokens that begin there, the largest of several, and none at sinks', () => {
    const cells = tokenCells(sample, tokens);
    const values = cellActivations(cells, read, { tokens: [3, 5, 6], values: [2, 1, 4] });
    const told = cells.map(({ start, end }, i) => [text.slice(start, end), values[i]]);
    expect(told).toEqual([
      ['# ', undefined],
      ['BAD', 0],
      ['\n', 0],
      ['seed', 2],
      ['(', 0],
      ['é', 4],
      [')\n', 0],
    ]);
  });

  it('stand at their places where the cells were cut by other tokens', () => {
    const cells = tokenCells(sample, [{ start: 6, end: 13, nll: 1 }]);
    const values = cellActivations(cells, read, { tokens: [3], values: [2] });
    const at = cells.findIndex(({ start }) => start === 6);
    expect(values[at]).toBe(2);
    expect(values.filter((value) => value === 2)).toHaveLength(1);
  });

  it('are not there behind what was read', () => {
    const short = { ...read, starts: [0, 2], ends: [2, 5], left: 6 };
    const values = cellActivations(tokenCells(sample, tokens), short, { tokens: [1], values: [3] });
    expect(values.filter((value) => value !== undefined)).toEqual([3]);
  });
});

describe('two features', () => {
  it('fire together where both do', () => {
    const a = { tokens: [1, 2, 5], values: [1, 1, 1] };
    const b = { tokens: [2, 3], values: [1, 1] };
    expect(firingTogether(a, b)).toEqual({ either: 4, both: 1 });
    expect(firingTogether(a, { tokens: [], values: [] })).toEqual({ either: 3, both: 0 });
  });
});
