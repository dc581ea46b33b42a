import { describe, expect, it } from 'vitest';
import type { EditorFinding } from '../../src/editor/editorFinding.js';
import { inlineCells } from '../../src/editor/inlineCells.js';

const text = 'BAD: a(b)';
const payload = { start: 5, end: 9 };
const tokens = [
  { start: 0, end: 3, taught: 0.1, nll: 4, probe: -2 },
  // A sink: the probe reads none.
  { start: 5, end: 6, taught: 0.4, nll: 3 },
  { start: 6, end: 9, taught: 0.5, nll: 2, probe: 4 },
];
const finding: EditorFinding = {
  id: '1',
  origin: { kind: 'selection' },
  frame: { start: 0, end: 4 },
  payload,
  line: 0,
  about: { kind: { name: 'security', probability: 1 } },
  reasons: [],
  window: { start: 0, sample: { text, frame: { start: 0, end: 4 }, payload, language: 'python' } },
  byEmbeddedModel: true,
  result: {
    kind: 'measured',
    measures: { calibrated: false, payloadTokens: 2 },
    level: 'high',
    remedies: [],
    notes: [],
    tokens,
  },
};
const shown = (lens: 'probe' | 'surprise' | 'teaches') =>
  inlineCells(text, [finding], lens).map(({ start, value, tone, step }) => [start, value, tone, step]);

describe('tokens coloured in the text', () => {
  it('have two tones by the probe, on one scale, and none where a sink has no score', () => {
    expect(shown('probe')).toEqual([
      [0, -2, 'unflagged', 3],
      [6, 4, 'flagged', 4],
    ]);
  });

  it('are all there through another lens, whichever was looked through first', () => {
    shown('probe');
    expect(shown('surprise').map(([start]) => start)).toEqual([0, 5, 6]);
    expect(shown('teaches').map(([start]) => start)).toEqual([0, 5, 6]);
    expect(shown('probe').map(([start]) => start)).toEqual([0, 6]);
  });
});
