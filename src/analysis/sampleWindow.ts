import type { Candidate, TextDocument } from './candidate.js';
import type { Sample } from './sample.js';
import type { Span } from './span.js';
import { withoutSuppressions } from './suppressions.js';

/** Code units of context kept before the first of frame and payload. */
const contextBefore = 300;
/**
 * Code units up to which the line of the last of them is finished. More context after it would cost and mislead: the
 * model reads from left to right, so it changes no probability of either, and the good version that often follows
 * would count as part of the frame-only version.
 */
const restOfLine = 200;

export interface SampleWindow {
  readonly sample: Sample;
  /** Where the sample's text begins in the document, in UTF-16 code units. */
  readonly start: number;
}

/**
 * Cuts the sample out of its document: frame and payload whole, whatever their order and length, what stands
 * between them, and whole lines before them. A line that is longer than the budget is cut inside, never between
 * the halves of a surrogate pair or of CRLF. Suppression comments are left out: they are a word to us, not training text.
 */
export function sampleOf(
  document: TextDocument,
  candidate: Pick<Candidate, 'frame' | 'payload' | 'language'>,
): SampleWindow {
  const { text } = document;
  const first = Math.min(candidate.frame.start, candidate.payload.start);
  const last = Math.max(candidate.frame.end, candidate.payload.end);
  const start = windowStart(text, first);
  const end = windowEnd(text, last);
  const window = text.slice(start, end);
  const clean = withoutSuppressions(window);
  const place = (span: Span): Span => {
    const inWindow = { start: span.start - start, end: span.end - start };
    return clean === undefined ? inWindow : clean.fromSource(inWindow);
  };
  return {
    start,
    sample: {
      text: clean?.text ?? window,
      frame: place(candidate.frame),
      payload: place(candidate.payload),
      language: candidate.language,
    },
  };
}

/** The earliest line start within the budget; inside an over-long line, the budget's own border. */
function windowStart(text: string, first: number): number {
  const earliest = first - contextBefore;
  if (earliest <= 0) return 0;
  const lineBreak = text.indexOf('\n', earliest - 1);
  if (lineBreak !== -1 && lineBreak < first) return lineBreak + 1;
  return splitsPair(text, earliest) ? earliest + 1 : earliest;
}

/** The end of the line, its break included; inside an over-long line, the budget's own border. */
function windowEnd(text: string, last: number): number {
  if (last > 0 && text[last - 1] === '\n') return last;
  const lineBreak = text.indexOf('\n', last);
  const lineEnd = lineBreak === -1 ? text.length : lineBreak + 1;
  const latest = last + restOfLine;
  if (lineEnd <= latest) return lineEnd;
  return splitsPair(text, latest) ? latest - 1 : latest;
}

function splitsPair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  const surrogates = before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
  return surrogates || (before === 0x0d && after === 0x0a);
}
