import { createHash } from 'node:crypto';
import type { Finding } from '../analysis/finding.js';
import { isAtLeast, levels, type Level } from '../analysis/levelNames.js';
import type { Span } from '../analysis/span.js';
import { fieldText } from '../corpus/fieldText.js';
import { SourceError } from '../corpus/sourceRecords.js';

/** What is kept of a finding until its text is read again. */
export interface Payload extends Span {
  readonly record: number | undefined;
  readonly field: string;
  readonly fingerprint: string;
  readonly level: Level;
  readonly taught: number | undefined;
  /** Of what the report quotes of it: a check that the text is still the same. */
  readonly quote: { readonly length: number; readonly hash: string };
}

/** Payloads that overlap or touch are one span; it takes the worst level and the highest measure. */
export interface MaskedSpan extends Span {
  readonly level: Level;
  readonly taught: number | undefined;
  readonly fingerprints: readonly string[];
}

export interface MaskedText {
  readonly field: string;
  readonly text: string;
  readonly spans: readonly MaskedSpan[];
}

/** What no trainer should see: listed, not suppressed, and not of level none. */
export function isMasked({ level, suppressed }: Finding): boolean {
  return suppressed === undefined && isAtLeast(level, 'low');
}

export function payloadOf({ fingerprint, source, payload, level, measures, text }: Finding): Payload {
  return {
    ...payload,
    record: source.record,
    field: source.field ?? '',
    fingerprint,
    level,
    taught: measures?.taught?.value,
    quote: { length: text.payload.length, hash: hashOf(text.payload) },
  };
}

/** The masked texts of one record, field by field. @throws SourceError if they are not what the report quotes. */
export function maskedFields(record: unknown, payloads: readonly Payload[]): MaskedText[] {
  const fields = [...new Set(payloads.map(({ field }) => field))];
  return fields.map((field) => {
    const text = fieldText(record, field);
    if (text === undefined) throw new SourceError(`the record has no text in ${field}`);
    const inField = payloads.filter((each) => each.field === field);
    return { ...maskedText(text, inField), field };
  });
}

/** A span of one string of a record, in code points, as Python counts. */
export interface FieldMask {
  readonly field: string;
  readonly start: number;
  readonly end: number;
}

/** What is to be masked in a record. @throws SourceError if its texts are not what the report quotes. */
export function fieldMasks(record: unknown, payloads: readonly Payload[]): FieldMask[] {
  return maskedFields(record, payloads).flatMap(({ field, text, spans }) =>
    inCodePoints(text, spans).map(([start, end]) => ({ field, start, end })),
  );
}

/** @throws SourceError if the text is not what the report quotes. */
export function maskedText(text: string, payloads: readonly Payload[]): MaskedText {
  for (const { start, end, quote } of payloads) {
    if (end > text.length || hashOf(text.slice(start, start + quote.length)) !== quote.hash) {
      throw new SourceError('its text is not the one that the report quotes: scan it again');
    }
  }
  return { field: '', text, spans: united(payloads) };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function united(payloads: readonly Payload[]): MaskedSpan[] {
  const spans: MaskedSpan[] = [];
  for (const payload of payloads.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const { start, end, level, taught, fingerprint } = payload;
    const last = spans.at(-1);
    if (last === undefined || start > last.end) {
      spans.push({ start, end, level, taught, fingerprints: [fingerprint] });
      continue;
    }
    spans[spans.length - 1] = {
      start: last.start,
      end: Math.max(last.end, end),
      level: levels[Math.min(levels.indexOf(last.level), levels.indexOf(level))]!,
      taught: highest(last.taught, taught),
      fingerprints: [...last.fingerprints, fingerprint],
    };
  }
  return spans;
}

function highest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** Spans, in order and without overlap, counted in code points as Python does, instead of UTF-16 code units. */
export function inCodePoints(text: string, spans: readonly Span[]): [start: number, end: number][] {
  let units = 0;
  let points = 0;
  const upTo = (offset: number): number => {
    while (units < offset) {
      units += text.codePointAt(units)! > 0xffff ? 2 : 1;
      points += 1;
    }
    return points;
  };
  return spans.map(({ start, end }) => [upTo(start), upTo(end)]);
}
