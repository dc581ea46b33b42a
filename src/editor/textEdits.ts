import type { Span } from '../analysis/span.js';

/** One replacement in a document, as VS Code reports it: code units `[rangeOffset, rangeOffset + rangeLength)` became `text`. */
export interface TextEdit {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/**
 * Where a span stands after the edits; undefined when one of them changed its inside. Edits of one event are given in the
 * order in which VS Code lists them (bottom up), so that each offset holds when its turn comes.
 */
export function spanAfter(span: Span, edits: readonly TextEdit[]): Span | undefined {
  let { start, end } = span;
  for (const { rangeOffset, rangeLength, text } of edits) {
    if (rangeOffset >= end) continue;
    if (rangeOffset + rangeLength > start) return undefined;
    const shift = text.length - rangeLength;
    start += shift;
    end += shift;
  }
  return { start, end };
}

export interface Spans {
  readonly frame?: Span;
  readonly payload: Span;
}

/** Moves everything that has a payload and perhaps a frame; undefined when an edit touched either or what is between them. */
export function movedBy<T extends Spans>(finding: T, edits: readonly TextEdit[]): T | undefined {
  const { frame, payload } = finding;
  const whole = {
    start: Math.min(payload.start, frame?.start ?? payload.start),
    end: Math.max(payload.end, frame?.end ?? payload.end),
  };
  const moved = spanAfter(whole, edits);
  if (!moved) return undefined;
  const shift = moved.start - whole.start;
  const shifted = ({ start, end }: Span): Span => ({ start: start + shift, end: end + shift });
  return { ...finding, payload: shifted(payload), ...(frame ? { frame: shifted(frame) } : {}) };
}
