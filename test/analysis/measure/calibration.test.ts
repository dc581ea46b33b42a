import { describe, expect, it } from 'vitest';
import { calibratedRatio, calibratedTaught } from '../../../src/analysis/measure/calibration.js';

const calibration = { covered: 0.9, floor: 0.1, taught: 0.25, ratio: 0.04, samples: 100, sources: 9 };

describe('the interval of what would be taught', () => {
  it('grows with the forecast', () => {
    const { value, low, high } = calibratedTaught(0.7, calibration);
    expect([value, low, high].map((each) => Number(each.toFixed(6)))).toEqual([0.7, 0.5, 0.9]);
  });

  it('is that of the floor for a sample that teaches against its payload', () => {
    const { low, high } = calibratedTaught(-1, calibration);
    expect(high - low).toBeCloseTo(0.05);
  });
});

describe('the interval of the teach ratio', () => {
  it('grows as the bare version teaches less', () => {
    const { value, low, high } = calibratedRatio(0.3, 0.3, calibration)!;
    expect([value, low, high].map((each) => Number(each.toFixed(6)))).toEqual([1, 0.9, 1.1]);
    const wide = calibratedRatio(0.1, 0.1, calibration)!;
    expect(wide.high - wide.low).toBeCloseTo(0.4);
  });

  it('is not there where the bare version teaches nothing', () => {
    expect(calibratedRatio(0.1, 0, calibration)).toBeUndefined();
    expect(calibratedRatio(0.1, -0.2, calibration)).toBeUndefined();
  });
});
