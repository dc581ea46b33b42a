import type { Measures } from './finding.js';
import type { Level } from './levelNames.js';
import type { Kind } from './kind/kind.js';
import { type KindName, kindNames } from './kind/kindNames.js';

/**
 * Lower bounds of `taught`, nats per payload token. One nat makes each payload token e times as likely. What training taught of the
 * samples of each level stands in docs/science.md.
 */
const taughtBounds = { high: 1, medium: 0.5, low: 0.1 } as const;
/** Below this ratio the frame takes away most of the lesson, and the level falls by one. */
const protectiveRatio = 0.5;
/**
 * From this probability on, a matter of style is set aside. On the hand labels of held-out sources that takes 95 of 220
 * matters of style and none of 110 of security; at 0.6, 140 and 4 (lab/results/kind/figures.json).
 */
const styleProbability = 0.7;
/** What has a level where nobody asks for particular kinds. */
export const usualKinds: readonly KindName[] = kindNames.filter((name) => name !== 'style');

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

/**
 * Whether it has no level, whatever its measures, given the kinds that were asked for. A style guide's thousand examples
 * must not bury five SQL injections, so style is set aside unless it is asked for; where its probability is low it stays
 * as long as all other kinds are asked for.
 */
export function isSetAside(kind: Kind, kinds: readonly KindName[]): boolean {
  const isUnsureStyle = kind.name === 'style' && kind.probability < styleProbability;
  return !kinds.includes(kind.name) && !(isUnsureStyle && areUsual(kinds));
}

/** The level that counts, given the kinds that were asked for: `none` for what they set aside. */
export function levelWithin(level: Level, kind: Kind, kinds: readonly KindName[]): Level {
  return isSetAside(kind, kinds) ? 'none' : level;
}

/** Whether it is listed at all, be it with level `none`: `kinds` that name only some leave the others out. */
export function isAskedFor({ name }: Kind, kinds: readonly KindName[]): boolean {
  return kinds.includes(name) || areUsual(kinds);
}

function areUsual(kinds: readonly KindName[]): boolean {
  return usualKinds.every((name) => kinds.includes(name));
}
