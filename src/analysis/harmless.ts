import type { Candidate, TextDocument } from './candidate.js';
import { documentKind } from './frames/documentKind.js';
import { judgeLabel } from './frames/labels.js';
import { callsWrong } from './frames/proseCues.js';
import { mayTakeSide } from './frames/prefilter.js';
import type { Span } from './span.js';
import { mayHoldSuppression, textLines, type TextLine } from './suppressionSyntax.js';

/** Why something that looks like a warning is no finding. Stable codes with the words for a person. */
export const harmlessReasons = {
  unlikely: 'less likely to be a demonstration than --min-detection asks for',
  // Where a demonstration was missed, this is the line that shows it.
  'no-demonstration': 'warning without a demonstration that a rule links to it',
  approved: 'approved example',
  'log-call': 'log call',
  licence: 'licence text',
  'unsafe-block': '`unsafe` block',
  'deprecated-tag': '@deprecated tag',
} as const;
export type HarmlessReason = keyof typeof harmlessReasons;

/** A place that a search for words of warning would stop at, and where nothing was found that teaches. */
export interface Harmless {
  readonly span: Span;
  readonly reason: HarmlessReason;
  /** What speaks for it, in words that a person can check against the text. */
  readonly detail: string;
  /** Of a candidate that was too unlikely. */
  readonly detection?: number;
}

const patterns: readonly (readonly [reason: HarmlessReason, pattern: RegExp])[] = [
  [
    'licence',
    /\bwithout (?:any )?warrant(?:y|ies)\b|\blicensed under\b|\bin no event shall\b|\bSPDX-License-Identifier\b/iu,
  ],
  [
    'log-call',
    /\b(?:log|logger|logging|console|slog|tracing|warnings)\s?(?:\.|::)\s?(?:warn\w*|error\w*|fatal\w*|critical)!?\s?\(|\b(?:warn|error)!\s?\(/iu,
  ],
  ['unsafe-block', /\bunsafe\s*(?:\{|fn\b|impl\b|trait\b|extern\b)/u],
  ['deprecated-tag', /@deprecated\b|#\[deprecated\b|\[Obsolete\b/iu],
];

const commentSign = /^\s*(?:\/\/[/!]*|\/\*+|\*|#+|--+|;+|%+|<!--|"""|''')/u;
const decoration = /^[\s>]*(?:[-*+]\s+|\d+[.)]\s+)?/u;
/** A longer line is data, or prose that no label stands in. */
const longestLine = 400;
/** From here on a label marks what it stands with. */
const leastLabel = 0.6;
const leastApproval = 0.9;

/**
 * What looks like a warning and is no finding, in order of the text: candidates below `minDetection`, and lines with words of
 * warning that belong to no candidate. Nothing is measured. Lines are judged one by one, so a warning that runs over
 * several lines is listed by the one that says it.
 */
export function findHarmless(
  document: TextDocument,
  candidates: readonly Candidate[],
  minDetection: number,
): Harmless[] {
  const { text } = document;
  const unlikely = candidates.filter(({ detection }) => detection < minDetection);
  const taken = candidates.flatMap(({ frame, payload, detection }) =>
    detection < minDetection ? [frame] : [frame, payload],
  );
  const found = unlikely.map(({ frame, detection, reasons }): Harmless => ({
    span: frame,
    reason: 'unlikely',
    detail: reasons.join('; '),
    detection,
  }));
  const isCode = documentKind(document).kind === 'code';
  const isFree = freeOf(taken);
  let last: { reason: HarmlessReason; line: number } | undefined;
  textLines(text).forEach((line, index) => {
    const reason = isFree(line) ? judgeLine(text, line, isCode) : undefined;
    if (reason === undefined) return;
    // A licence is one text, whatever number of its lines would be found.
    const continues = reason === 'licence' && last?.reason === reason && index - last.line < 30;
    last = { reason, line: index };
    if (continues) return;
    found.push({ span: trimmed(text, line), reason, detail: harmlessReasons[reason] });
  });
  return found.sort((a, b) => a.span.start - b.span.start);
}

function judgeLine(text: string, line: TextLine, isCode: boolean): HarmlessReason | undefined {
  if (line.end - line.start > longestLine || line.end === line.start) return undefined;
  const content = text.slice(line.start, line.end);
  if (mayHoldSuppression(content)) return undefined;
  const known = patterns.find(([, pattern]) => pattern.test(content));
  if (known !== undefined) return known[0];
  const sign = commentSign.exec(content)?.[0];
  if ((isCode && sign === undefined) || !mayTakeSide(content)) return undefined;
  const told = content
    .slice(isCode ? (sign ?? '').length : (decoration.exec(content)?.[0].length ?? 0))
    .trim();
  const verdict = judgeLabel(told);
  if (verdict?.polarity === 'good') {
    return verdict.bare && verdict.strength >= leastApproval ? 'approved' : undefined;
  }
  if (verdict !== undefined && verdict.strength >= leastLabel) return 'no-demonstration';
  return callsWrong(told) ? 'no-demonstration' : undefined;
}

/** Whether a line touches none of the spans; lines must be asked for in order. */
function freeOf(spans: readonly Span[]): (line: TextLine) => boolean {
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  let next = 0;
  let reach = -1;
  return ({ start, end }) => {
    for (let span = sorted[next]; span !== undefined && span.start <= end; span = sorted[++next]) {
      reach = Math.max(reach, span.end);
    }
    return reach <= start;
  };
}

function trimmed(text: string, { start, end }: TextLine): Span {
  const content = text.slice(start, end);
  const from = start + content.length - content.trimStart().length;
  return { start: from, end: Math.max(from, start + content.trimEnd().length) };
}
