import type { Sample } from '../sample.js';
import type { Span } from '../span.js';

/** A text with the place of the payload in it. */
export interface PlacedText {
  readonly text: string;
  readonly payload: Span;
}

export function payloadOf(sample: Sample): Span {
  return sample.payload ?? { start: 0, end: sample.text.length };
}

/** What the bare version lacks of the sample's text; undefined where there is no frame. */
export function bareCut(sample: Sample): Span | undefined {
  return sample.frame && deletion(sample.text, sample.frame, payloadOf(sample));
}

/** The sample with its frame deleted; undefined where there is no frame, or nothing but the frame. */
export function bareVersion(sample: Sample): PlacedText | undefined {
  const cut = bareCut(sample);
  if (!cut) return undefined;
  const payload = payloadOf(sample);
  const shift = cut.start < payload.start ? cut.end - cut.start : 0;
  return {
    text: remove(sample.text, cut),
    payload: { start: payload.start - shift, end: payload.end - shift },
  };
}

/** Offset in a text of an offset in the same text without the cut. */
export function besideCut(cut: Span): (offset: number, isEnd: boolean) => number {
  return (offset, isEnd) =>
    offset > cut.start || (offset === cut.start && !isEnd) ? offset + cut.end - cut.start : offset;
}

/** The sample with its payload deleted; undefined where nothing would be left. */
export function frameOnlyText(sample: Sample): string | undefined {
  if (!sample.frame) return undefined;
  const text = remove(sample.text, payloadOf(sample));
  return text.trim() === '' ? undefined : text;
}

/**
 * What a person would delete to take the frame away: when it fills its lines, the lines with their break, so that no empty
 * comment line stays behind; inside a line, the frame alone.
 */
function deletion(text: string, frame: Span, payload: Span): Span {
  const lineStart = text.lastIndexOf('\n', frame.start - 1) + 1;
  const lineBreak = text.indexOf('\n', frame.end);
  const lineEnd = lineBreak === -1 ? text.length : lineBreak + 1;
  const around = text.slice(lineStart, frame.start) + text.slice(frame.end, lineEnd);
  const touchesPayload = lineStart < payload.end && payload.start < lineEnd;
  return /^[\s#/*<!>;%'"-]*$/.test(around) && !touchesPayload ? { start: lineStart, end: lineEnd } : frame;
}

function remove(text: string, span: Span): string {
  return text.slice(0, span.start) + text.slice(span.end);
}
