import { describe, expect, it } from 'vitest';
import type { FeatureReading } from '../../../src/analysis/features/featureReading.js';
import {
  type FoundExample,
  insertExample,
  pieceLength,
  piecesOf,
  strongestPlace,
} from '../../../src/analysis/features/topExamples.js';
import { randomNumbers } from '../../randomNumbers.js';

describe('pieces of a text', () => {
  it('hold all of it in order, cut at line ends, none too long', () => {
    const random = randomNumbers(3);
    const lines = Array.from({ length: 400 }, () => 'x'.repeat(Math.floor(random() * 90)));
    const text = `${lines.join('\n')}\n${'y'.repeat(2 * pieceLength + 7)}`;
    const pieces = piecesOf(text);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    for (const { start, text: piece } of pieces) {
      expect(text.startsWith(piece, start)).toBe(true);
      expect(piece.length).toBeLessThanOrEqual(pieceLength);
    }
    expect(pieces.filter((piece) => !piece.text.endsWith('\n')).length).toBe(3);
  });

  it('of an empty text are none', () => {
    expect(piecesOf('')).toEqual([]);
  });
});

describe('the strongest place of a text', () => {
  const words = Array.from({ length: 30 }, (_, i) => `w${String(i).padStart(2, '0')} `);
  const text = words.join('');
  const reading = (values: Record<number, number>): FeatureReading => ({
    left: 0,
    tokens: words.map((_, i) => ({
      start: 4 * i,
      end: 4 * i + 4,
      isSink: i === 0,
      features: values[i] === undefined ? [] : [{ latent: 5, value: values[i] }],
    })),
  });

  it('is the token of the largest activation with what stands around it', () => {
    const found = strongestPlace(text, reading({ 3: 1, 20: 4, 21: 2 }))!;
    expect(found.offset).toBe(80);
    expect(found.tokens).toEqual(words.slice(8, 24));
    expect(found.values[12]).toBe(4);
    expect(found.values[13]).toBe(2);
  });

  it('is nowhere where the feature does not fire', () => {
    expect(strongestPlace(text, reading({}))).toBeUndefined();
  });
});

describe('the kept examples', () => {
  it('are the strongest, in falling order', () => {
    const found: FoundExample[] = [];
    for (const value of [2, 5, 1, 4, 3])
      insertExample(found, { path: 'a', line: 1, tokens: [], values: [], value }, 3);
    expect(found.map(({ value }) => value)).toEqual([5, 4, 3]);
  });
});
