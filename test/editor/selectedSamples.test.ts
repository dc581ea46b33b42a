import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/analysis/candidate.js';
import { samplesOfDocument, samplesOfSelection } from '../../src/editor/selectedSamples.js';
import { TimeSlice } from '../../src/editor/timeSlice.js';

const text = '# BAD: guessable\nseed(1)\n\n# a note\nprint(2)\n';
const document = { text, languageId: 'python' };
const bad: Candidate = {
  frame: { start: 0, end: 16 },
  payload: { start: 17, end: 24 },
  language: 'python',
  rule: 'comment-above-code',
  detection: 0.9,
  reasons: ['a comment'],
};
const unlikely: Candidate = {
  ...bad,
  frame: { start: 26, end: 34 },
  payload: { start: 35, end: 43 },
  detection: 0.2,
};
const candidates = [bad, unlikely];

describe('what is measured', () => {
  it('of a document: the likely candidates', async () => {
    const samples = await samplesOfDocument(document, candidates, new TimeSlice());
    expect(samples.map(({ payload }) => payload)).toEqual([bad.payload]);
  });

  it('of a selection: the frame and payload that it holds, also when it misses their ends', () => {
    const [sample, ...others] = samplesOfSelection(document, candidates, { start: 2, end: 23 });
    expect(others).toEqual([]);
    expect(sample).toMatchObject({
      frame: bad.frame,
      payload: bad.payload,
      origin: { kind: 'rule', rule: bad.rule },
    });
  });

  it('of a selection with the payload alone: the selected text, without a frame', () => {
    const [sample] = samplesOfSelection(document, candidates, { start: 17, end: 24 });
    expect(sample).toMatchObject({
      origin: { kind: 'selection' },
      payload: { start: 17, end: 24 },
      window: { start: 17, sample: { text: 'seed(1)', language: 'python' } },
    });
    expect(sample?.frame).toBeUndefined();
  });

  it('of a caret: the candidate around it', () => {
    expect(samplesOfSelection(document, candidates, { start: 20, end: 20 })).toHaveLength(1);
    expect(samplesOfSelection(document, candidates, { start: 30, end: 30 })).toEqual([]);
  });

  it('of what is suppressed: nothing, nor is its text taken for a payload', async () => {
    const suppressed = [{ ...bad, suppressed: { kind: 'comment' as const } }];
    expect(await samplesOfDocument(document, suppressed, new TimeSlice())).toEqual([]);
    expect(samplesOfSelection(document, suppressed, { start: 2, end: 23 })).toEqual([]);
    expect(samplesOfSelection(document, suppressed, { start: 20, end: 20 })).toEqual([]);
  });

  it('of selected white space: nothing', () => {
    expect(samplesOfSelection(document, candidates, { start: 24, end: 26 })).toEqual([]);
  });
});
