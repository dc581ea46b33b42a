import {
  lensScale,
  lensStrength,
  lensTone,
  type LensName,
  lensValue,
  type Tone,
} from '../analysis/lenses.js';
import { payloadOf } from '../analysis/measure/versions.js';
import { type TokenCell, tokenCells } from '../analysis/tokenCells.js';
import type { EditorFinding } from './editorFinding.js';
import type { FeatureTokens } from './featureActivations.js';

/** Steps of a colour in the editor: each is a decoration type. */
export const inlineSteps = 4;
/** Tokens with a colour in one editor; more of them slow typing down. */
const mostInline = 4000;
/** Below half of the first step a token has no colour. */
const leastStrength = 0.5 / inlineSteps;

/** A token in a document, with its colour. */
export interface InlineCell {
  readonly start: number;
  readonly end: number;
  /** As the lens tells it, see `lensValue`. */
  readonly value: number;
  readonly tone: Tone;
  /** 1 to `inlineSteps`. */
  readonly step: number;
}

/** Cells of tokens, which never change: cut once, whatever is typed meanwhile, and through whichever lens. */
const cellsOf = new WeakMap<FeatureTokens, readonly TokenCell[]>();

/** Tokens of a finding's sample, with the value that a lens shows; undefined as long as they are not known. */
export type TokensOf = (finding: EditorFinding) => FeatureTokens | undefined;

/**
 * The tokens of the findings where they stand in `text`, the document as it is now. A stretch of a sample whose text is no
 * longer the one that was measured has none, so that no value ever stands at another token than its own. Where samples
 * overlap, a token has the value of the sample of which it is frame or payload, the first of them in the list.
 */
export function inlineCells(
  text: string,
  findings: readonly EditorFinding[],
  lens: LensName,
  tokensOf: TokensOf = measuredTokens,
): InlineCell[] {
  const placed = findings.map((finding) => placedCells(text, finding, lens, tokensOf(finding)));
  const isContext = ({ part }: TokenCell) => part === 'context';
  const inOrder = [
    ...placed.map((cells) => cells.filter((cell) => !isContext(cell))),
    ...placed.map((cells) => cells.filter(isContext)),
  ];
  const scale = lensScale(lens, placed.flat());
  const taken = new Uint8Array(text.length);
  const shown: InlineCell[] = [];
  for (const cell of inOrder.flat()) {
    const value = lensValue(lens, cell);
    if (value === undefined || taken.subarray(cell.start, cell.end).includes(1)) continue;
    taken.fill(1, cell.start, cell.end);
    const strength = lensStrength(lens, value, scale);
    if (strength < leastStrength || text.slice(cell.start, cell.end).trim() === '') continue;
    const step = Math.max(1, Math.round(strength * inlineSteps));
    shown.push({ start: cell.start, end: cell.end, value, tone: lensTone(lens, value), step });
    if (shown.length === mostInline) break;
  }
  return shown.sort((a, b) => a.start - b.start);
}

/** The cells that have a value and stand unchanged in the document, moved to where they stand. */
function placedCells(
  text: string,
  finding: EditorFinding,
  lens: LensName,
  tokens: FeatureTokens | undefined,
): TokenCell[] {
  const { window, frame, payload } = finding;
  if (!tokens) return [];
  const { sample } = window;
  const inSample = payloadOf(sample);
  let cells = cellsOf.get(tokens);
  if (!cells) {
    cells = tokenCells({ ...sample, payload: inSample }, tokens);
    cellsOf.set(tokens, cells);
  }
  const valued = cells.filter((cell) => lensValue(lens, cell) !== undefined);
  const moved = (some: readonly TokenCell[], shift: number) =>
    some.map((cell) => ({ ...cell, start: cell.start + shift, end: cell.end + shift }));
  const shift = payload.start - inSample.start;
  if (shift >= 0 && text.startsWith(sample.text, shift)) return moved(valued, shift);
  // Something around them has changed, or a comment that suppresses was left out of what was measured.
  const spans = [
    { from: inSample, to: payload },
    ...(frame && sample.frame ? [{ from: sample.frame, to: frame }] : []),
  ];
  return spans.flatMap(({ from, to }) => {
    if (sample.text.slice(from.start, from.end) !== text.slice(to.start, to.end)) return [];
    const inside = valued.filter(({ start, end }) => start >= from.start && end <= from.end);
    return moved(inside, to.start - from.start);
  });
}

function measuredTokens({ result }: EditorFinding): FeatureTokens | undefined {
  return result.kind === 'measured' ? result.tokens : undefined;
}
