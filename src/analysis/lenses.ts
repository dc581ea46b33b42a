import type { Part, TokenCell } from './tokenCells.js';

/** A way to look at the tokens of a text: one value for each. */
export const lensNames = ['teaches', 'surprise', 'probe', 'feature'] as const;
export type LensName = (typeof lensNames)[number];

/** Which of a lens's colours a value has: two where its sign tells something. */
export const tones = ['teaches', 'deters', 'surprise', 'flagged', 'unflagged', 'feature'] as const;
export type Tone = (typeof tones)[number];

interface Lens {
  readonly value: (cell: TokenCell) => number | undefined;
  /** Share of the colour for a value of this share of the greatest. */
  readonly strength: (share: number) => number;
  readonly tone: (value: number) => Tone;
  readonly digits: number;
  /** Whether a plus is told too: zero is no end of the scale but the border between two tones. */
  readonly isSigned: boolean;
}

const lenses: Record<LensName, Lens> = {
  teaches: {
    value: ({ taught }) => taught,
    // The root spreads small values: most of a lesson sits in few tokens, and the others would all look alike.
    strength: Math.sqrt,
    tone: (value) => (value < 0 ? 'deters' : 'teaches'),
    digits: 4,
    isSigned: true,
  },
  surprise: {
    value: ({ nll }) => nll,
    strength: (share) => share,
    tone: () => 'surprise',
    digits: 2,
    isSigned: false,
  },
  probe: {
    value: ({ probe }) => probe,
    // As above: a few tokens, often of the frame, lie ten times as far from even odds as a payload's.
    strength: Math.sqrt,
    // Even odds, not the rule's threshold: that is one for the mean over a payload, and says nothing of a token.
    tone: (value) => (value < 0 ? 'unflagged' : 'flagged'),
    digits: 2,
    isSigned: true,
  },
  feature: {
    value: ({ activation }) => activation,
    strength: (share) => share,
    tone: () => 'feature',
    digits: 2,
    isSigned: false,
  },
};

/**
 * Nats, per payload token for what teaches; log-odds of the probe; of a feature its activation, a length in the residual stream.
 * Undefined where there is none.
 */
export function lensValue(lens: LensName, cell: TokenCell): number | undefined {
  return lenses[lens].value(cell);
}

/** Greatest value in one cell, without its sign: the end of the colour scale. */
export function lensScale(lens: LensName, cells: readonly TokenCell[]): number {
  return cells.reduce((most, cell) => Math.max(most, Math.abs(lensValue(lens, cell) ?? 0)), 0);
}

/** 0 to 1. */
export function lensStrength(lens: LensName, value: number, scale: number): number {
  return scale > 0 ? lenses[lens].strength(Math.min(1, Math.abs(value) / scale)) : 0;
}

export function lensTone(lens: LensName, value: number): Tone {
  return lenses[lens].tone(value);
}

/** Decimals with which values of the lens are told. */
export function lensDigits(lens: LensName): number {
  return lenses[lens].digits;
}

export function isSigned(lens: LensName): boolean {
  return lenses[lens].isSigned;
}

/** Sum and mean over the cells of a part that have a value; undefined where none has. */
export function lensSums(
  lens: LensName,
  cells: readonly TokenCell[],
  part: Part,
): { readonly total: number; readonly mean: number } | undefined {
  const values = cells.flatMap((cell) => (cell.part === part ? (lensValue(lens, cell) ?? []) : []));
  if (values.length === 0) return undefined;
  const total = values.reduce((sum, value) => sum + value, 0);
  return { total, mean: total / values.length };
}
