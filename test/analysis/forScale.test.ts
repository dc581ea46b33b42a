import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  embeddedRates,
  paperRates,
  placeAmong,
  quartilesOf,
  trainedSamples,
} from '../../src/analysis/forScale.js';

describe('a forecast among what training taught', () => {
  it('counts the measured values that it exceeds, and those that its interval does', () => {
    const estimate = { value: 0.5, low: 0.2, high: 0.9 };
    expect(placeAmong([0.1, 0.2, 0.4, 0.5, 0.8, 1], estimate)).toEqual({ value: 3, low: 1, high: 5, of: 6 });
    expect(placeAmong([0.1], { value: -1, low: -2, high: 0 }).value).toBe(0);
  });

  it('has the quartiles that the docs state', () => {
    expect(quartilesOf([1, 2, 3, 4])).toEqual([1.75, 2.5, 3.25]);
    const { samples, sources, ratioQuartiles } = JSON.parse(
      readFileSync('lab/results/forecast.json', 'utf8'),
    ) as { samples: number; sources: number; ratioQuartiles: number[] };
    expect(trainedSamples.teachRatio).toHaveLength(samples);
    expect(trainedSamples.taught).toHaveLength(samples);
    expect(trainedSamples.sources).toBe(sources);
    const quartiles = quartilesOf(trainedSamples.teachRatio);
    for (const [index, value] of ratioQuartiles.entries()) expect(quartiles[index]).toBeCloseTo(value, 2);
  });

  it('stands beside rates in the order that the paper found', () => {
    for (const { direct, warned, control } of [
      paperRates,
      {
        direct: embeddedRates.direct.value,
        warned: embeddedRates.warned.value,
        control: embeddedRates.control.value,
      },
    ])
      expect(Math.min(direct, warned)).toBeGreaterThan(control);
    for (const { hits, of, value } of Object.values(embeddedRates)) expect(value).toBeCloseTo(hits / of, 3);
  });
});
