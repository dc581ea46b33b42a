import { type Encoding, tokenRange } from '../../model/tokenizer.js';
import type { Sample } from '../sample.js';
import type { Span } from '../span.js';
import { payloadOf } from './versions.js';

/** Bounds of one window, in tokens. They bound the memory of a run, and what one sample may cost. */
export const windowTokens = 512;
export const windowPayloadTokens = 256;
export const mostWindows = 8;

/** A part of a sample that fits the model's window: a sample of its own, put together from pieces of the whole. */
export interface PayloadWindow {
  readonly sample: Sample;
  /** Where each piece of the window's text stands in the whole sample's text, in order. */
  readonly pieces: readonly Span[];
}

export interface Windows {
  readonly windows: readonly PayloadWindow[];
  /** What a person has to know of the cut; empty where the sample fits as it is. */
  readonly notes: readonly string[];
}

/**
 * Cuts a sample that is too long for one run. Each window holds the frame (its last part, where it is very long), what stands
 * between frame and payload, and the next stretch of the payload: the payload's later parts are measured under the frame, but
 * without the payload's earlier parts before them, and without context.
 */
export function intoWindows(sample: Sample, encode: (text: string) => Encoding): Windows {
  const whole = encode(sample.text);
  const payload = tokenRange(whole, payloadOf(sample));
  if (whole.ids.length <= windowTokens && payload.end - payload.start <= windowPayloadTokens) {
    return { windows: [{ sample, pieces: [{ start: 0, end: sample.text.length }] }], notes: [] };
  }
  const notes: string[] = [];
  const lead = leadTokens(sample, whole, payload, notes);
  const windows: PayloadWindow[] = [];
  let start = payload.start;
  for (; start < payload.end && windows.length < mostWindows; start += windowPayloadTokens) {
    const chunk = { start, end: Math.min(start + windowPayloadTokens, payload.end) };
    windows.push(assemble(sample, whole, lead, chunk));
  }
  notes.push(
    `longer than the model's window of ${windowTokens} tokens: measured in ${windows.length} ` +
      `${windows.length === 1 ? 'window' : 'windows'} of the payload under its frame, without context`,
  );
  if (start < payload.end) {
    notes.push(
      `truncated: the first ${start - payload.start} of ${payload.end - payload.start} payload tokens were measured`,
    );
  }
  return { windows, notes };
}

/**
 * Span in the whole sample's text of a token's span in a window's text. A token across the joint of two pieces stands where it ends:
 * it must not span what lies between them.
 */
export function spanInSample({ pieces }: PayloadWindow, { start, end }: Span): Span {
  let before = 0;
  let reached: number | undefined;
  for (const piece of pieces) {
    const length = piece.end - piece.start;
    if (length > 0 && end <= before + length) {
      const first = start < before && reached !== piece.start ? before : start;
      return { start: piece.start + first - before, end: piece.start + end - before };
    }
    before += length;
    if (length > 0) reached = piece.end;
  }
  return { start: reached ?? 0, end: reached ?? 0 };
}

/** Token ranges of the frame and of what joins it to the payload, cut to half a window together. */
interface Lead {
  readonly frame: Span;
  readonly between: Span;
  readonly frameFirst: boolean;
}

function leadTokens(sample: Sample, whole: Encoding, payload: Span, notes: string[]): Lead {
  if (!sample.frame) return { frame: { start: 0, end: 0 }, between: { start: 0, end: 0 }, frameFirst: true };
  const range = tokenRange(whole, sample.frame);
  const budget = windowTokens - windowPayloadTokens;
  const frame = { start: Math.max(range.start, range.end - budget), end: range.end };
  if (frame.start > range.start) notes.push(`truncated: the last ${budget} tokens of the frame were used`);
  const frameFirst = range.start <= payload.start;
  const between = frameFirst
    ? { start: range.end, end: Math.max(range.end, payload.start) }
    : { start: payload.end, end: Math.max(payload.end, range.start) };
  const room = budget - (frame.end - frame.start);
  if (between.end - between.start <= room) return { frame, between, frameFirst };
  notes.push('what stands between frame and payload was left out');
  return { frame, between: { start: 0, end: 0 }, frameFirst };
}

function assemble(sample: Sample, whole: Encoding, lead: Lead, chunk: Span): PayloadWindow {
  const order = lead.frameFirst ? [lead.frame, lead.between, chunk] : [chunk, lead.between, lead.frame];
  const pieces = order.map((tokens) => textSpan(whole, tokens));
  const starts: number[] = [];
  let text = '';
  for (const piece of pieces) {
    starts.push(text.length);
    text += sample.text.slice(piece.start, piece.end);
  }
  const placed = (tokens: Span): Span => {
    const index = order.indexOf(tokens);
    const piece = pieces[index]!;
    return { start: starts[index]!, end: starts[index]! + piece.end - piece.start };
  };
  const frame = placed(lead.frame);
  return {
    sample: {
      text,
      payload: placed(chunk),
      language: sample.language,
      ...(frame.end > frame.start ? { frame } : {}),
    },
    pieces,
  };
}

function textSpan(whole: Encoding, tokens: Span): Span {
  if (tokens.end <= tokens.start) return { start: 0, end: 0 };
  return { start: whole.starts[tokens.start]!, end: whole.ends[tokens.end - 1]! };
}
