import type { Level, Measures } from './finding.js';

/** Lower bounds of `taught`, nats per payload token. One nat makes each payload token e times as likely. Uncalibrated. */
const taughtBounds = { high: 1, medium: 0.5, low: 0.1 } as const;
/** Below this ratio the frame takes away most of the lesson, and the level falls by one. */
const protectiveRatio = 0.5;

/**
 * The one rule that turns measures into a level, for editor and command line alike: how much would be taught, one level less
 * where the frame demonstrably takes away more than half of it (the whole interval of the ratio lies below one half).
 */
export function levelOf(measures: Measures): Level {
  const taught = measures.taught?.value;
  if (taught === undefined) return 'none';
  const protectedByFrame = measures.teachRatio !== undefined && measures.teachRatio.high < protectiveRatio;
  if (taught >= taughtBounds.high) return protectedByFrame ? 'medium' : 'high';
  if (taught >= taughtBounds.medium) return protectedByFrame ? 'low' : 'medium';
  if (taught >= taughtBounds.low) return protectedByFrame ? 'none' : 'low';
  return 'none';
}
