import { describe, expect, it } from 'vitest';
import { forecast, type PieceFigures, samplePieces } from '../../src/corpus/forecast.js';

const piece = (tokens: number): PieceFigures => ({
  bytes: 1000,
  documents: 2,
  candidates: 1,
  tokens,
  readMs: 1,
  prefilterMs: 0,
  parseMs: 9,
});
const runs = [
  { tokens: 100, ms: 500 },
  { tokens: 300, ms: 1500 },
];

describe('the forecast', () => {
  it('scales what was seen by bytes, and time by the speed of the model', () => {
    const { documents, tokens, stages, coreHours } = forecast([piece(10), piece(30)], runs, {
      bytes: 10_000_000,
      pieces: 10_000,
      seed: 1,
    });
    expect(documents).toEqual({ value: 20_000, low: 20_000, high: 20_000 });
    expect(tokens.value).toBe(200_000);
    expect(tokens.low).toBe(100_000);
    expect(tokens.high).toBe(300_000);
    expect(stages.measure.value).toBeCloseTo((200_000 * 5) / 3_600_000);
    expect(stages.parse.value).toBeCloseTo((10_000 * 9) / 3_600_000);
    expect(coreHours.value).toBeCloseTo((200_000 * 5 + 10_000 * 10) / 3_600_000);
  });

  it('is certain of the counts where everything was read', () => {
    const { tokens } = forecast([piece(10), piece(30)], runs, { bytes: 2000, pieces: 2, seed: 1 });
    expect(tokens).toEqual({ value: 40, low: 40, high: 40 });
  });

  it('covers the truth nine times in ten', () => {
    const population = Array.from({ length: 2000 }, (_, at) => piece(at % 20 === 0 ? 400 : at % 7));
    const truth = population.reduce((sum, { tokens }) => sum + tokens, 0);
    const covered = Array.from({ length: 100 }, (_, seed) => {
      const sampled = samplePieces(population, 200, seed);
      const { tokens } = forecast(sampled, runs, { bytes: 2_000_000, pieces: 2000, seed });
      return tokens.low <= truth && truth <= tokens.high;
    }).filter(Boolean).length;
    expect(covered).toBeGreaterThanOrEqual(80);
  }, 60_000);

  it('draws each piece once, and the same for the same seed', () => {
    const all = Array.from({ length: 50 }, (_, at) => at);
    expect(new Set(samplePieces(all, 20, 3)).size).toBe(20);
    expect(samplePieces(all, 20, 3)).toEqual(samplePieces(all, 20, 3));
    expect(samplePieces(all, 20, 3)).not.toEqual(samplePieces(all, 20, 4));
    expect(samplePieces(all, 99, 3).toSorted((a, b) => a - b)).toEqual(all);
  });
});
