import type { Span } from '../span.js';

/** The three texts that tell what a frame warns against. */
export interface KindTexts {
  readonly frame: string;
  /** The heading above, prose and code before, between and after, and the comments in the payload. */
  readonly context: string;
  /** The part of it that surely belongs to the frame: heading, paragraph before, what is between, comments. */
  readonly beside: string;
  readonly payload: string;
}

/** Bounds in UTF-16 code units, so that the time does not depend on the size of the document. */
const longestFrame = 1000;
const longestPayload = 2000;
const longestBefore = 600;
const longestBetween = 600;
const longestAfter = 300;
const headingReach = 4000;

const headings = /(?:^|\n)#{1,6} +([^\n]+)|(?:^|\n)([^\n]+)\n(?:={3,}|-{3,}|~{3,})(?=\n)/g;
const comments = /(?:\/\/|#|--|\/\*|<!--)[^\n]*/g;

/** As in `lab/backfire_lab/kind/features.py`; the golden values hold both to it. */
export function kindTexts(text: string, frame: Span | null, payload: Span): KindTexts {
  const cut = (start: number, end: number): string => text.slice(Math.max(0, start), Math.max(0, end));
  const first = frame !== null && frame.start < payload.start ? frame : payload;
  const last = frame !== null && frame.end > payload.end ? frame : payload;
  const [gapStart, gapEnd] =
    frame === null
      ? [0, 0]
      : frame.start < payload.start
        ? [frame.end, payload.start]
        : [payload.end, frame.start];
  const shown = cut(payload.start, Math.min(payload.end, payload.start + longestPayload));
  const heading = lastHeading(cut(first.start - headingReach, first.start));
  const before = cut(first.start - longestBefore, first.start);
  const between = gapStart < gapEnd ? cut(gapStart, Math.min(gapEnd, gapStart + longestBetween)) : '';
  const after = cut(last.end, last.end + longestAfter);
  const remarks = shown.match(comments) ?? [];
  return {
    frame: frame === null ? '' : cut(frame.start, Math.min(frame.end, frame.start + longestFrame)),
    // Without a frame the payload itself is all that can say what is wrong.
    context: [heading, before, between, after, ...(frame === null ? [shown] : remarks)].join('\n'),
    beside: [heading, lastParagraph(before), between, ...(frame === null ? [shown] : remarks)].join('\n'),
    payload: shown,
  };
}

/** The last heading of Markdown or reStructuredText. */
function lastHeading(text: string): string {
  let heading = '';
  for (const [, hashed, underlined] of text.matchAll(headings)) heading = hashed ?? underlined ?? '';
  return heading;
}

function lastParagraph(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed.slice(trimmed.lastIndexOf('\n\n') + 1);
}

/** Lower case (A to Z alone), comment signs at line starts dropped, white space single: what patterns look at. */
export function flat(text: string): string {
  return `\n${lowerAscii(text)}`
    .replace(/\n[ \t]*(?:\/\/+|#+|\*+|--+|>+|;+)[ \t]*/g, ' ')
    .replace(/[ \t\r\n]+/g, ' ');
}

/** Only A to Z, because languages disagree about the case of the rest. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
