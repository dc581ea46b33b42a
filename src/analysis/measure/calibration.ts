import type { Estimate } from '../finding.js';

/**
 * How far forecasts are off what training taught: shares that cover `covered` of the trained samples, made in
 * lab/backfire_lab/ground_truth/calibrate.py.
 */
export interface Calibration {
  readonly covered: number;
  /** Nats per payload token, added to a forecast before the share is taken: small forecasts are off by something, too. */
  readonly floor: number;
  /** Of floor + taught. */
  readonly taught: number;
  /** Of 1 / (floor + taughtBare): what divides by little is noisy. */
  readonly ratio: number;
  readonly samples: number;
  readonly sources: number;
}

export function calibratedTaught(taught: number, { floor, taught: share }: Calibration): Estimate {
  const off = share * (floor + Math.max(0, taught));
  return { value: taught, low: taught - off, high: taught + off };
}

/** Undefined where the bare version teaches nothing that a ratio could be taken of. */
export function calibratedRatio(
  taught: number,
  taughtBare: number,
  { floor, ratio: share }: Calibration,
): Estimate | undefined {
  if (!(taughtBare > 0)) return undefined;
  const value = taught / taughtBare;
  const off = share / (floor + taughtBare);
  return { value, low: value - off, high: value + off };
}
