import type { Candidate } from '../candidate.js';
import { readJsonStrings, type JsonString, type JsonTruth } from './jsonStrings.js';
import { splitLines } from './outline.js';
import {
  joinParts,
  mayBeLabelled,
  recordTexts,
  warnedPart,
  warnsOfText,
  type RecordString,
  type RecordText,
} from './records.js';
import { readRecordSuppressions } from './recordSuppressions.js';
import { readSuppressions } from '../suppressions.js';

interface PlacedString extends RecordString {
  readonly string: JsonString;
}

/** Candidates in the text fields of JSON records. Spans index the JSON text itself, escapes and all. */
export async function findInRecords(
  text: string,
  linewise: boolean,
  find: (recordText: string) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const ranges = linewise ? splitLines(text) : [{ start: 0, end: text.length }];
  for (const range of ranges) {
    for (const { strings, truths } of readJsonStrings(text, range.start, range.end)) {
      const placed = strings.map((string) => ({
        path: recordPath(string.path),
        value: string.value.text,
        string,
      }));
      for (const recordText of recordTexts(placed)) {
        candidates.push(...(await findInParts(recordText.parts, find)));
        candidates.push(...warnedField(text, recordText));
      }
      candidates.push(...labelledTexts(text, placed, truths));
    }
  }
  const suppressions = readRecordSuppressions(text, linewise);
  return candidates.map((candidate) => {
    const suppressed = candidate.suppressed ?? suppressions?.of(candidate);
    return suppressed === undefined ? candidate : { ...candidate, suppressed };
  });
}

/** A list of records is read like the records in it. */
function recordPath(path: readonly (string | number)[]): readonly (string | number)[] {
  return typeof path[0] === 'number' && path.length > 1 ? path.slice(1) : path;
}

async function findInParts(
  parts: readonly PlacedString[],
  find: (recordText: string) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const { text, starts } = joinParts(parts);
  const found = await find(text);
  return found.flatMap((candidate) => {
    const frame = place(parts, starts, candidate.frame);
    const payload = place(parts, starts, candidate.payload);
    return frame === undefined || payload === undefined ? [] : [{ ...candidate, frame, payload }];
  });
}

function place(
  parts: readonly PlacedString[],
  starts: readonly number[],
  span: { start: number; end: number },
) {
  const index = starts.findLastIndex((start) => start <= span.start);
  const part = parts[index];
  const start = starts[index];
  if (part === undefined || start === undefined) return undefined;
  const end = Math.min(span.end - start, part.value.length);
  return span.start - start < end
    ? part.string.value.toSource({ start: span.start - start, end })
    : undefined;
}

/** A field whose very name warns: all of its content is the payload. */
function warnedField(text: string, recordText: RecordText<PlacedString>): Candidate[] {
  const warned = warnedPart(recordText);
  const key = warned?.part.string.key;
  if (warned === undefined || key === undefined || warned.part.value.trim() === '') return [];
  const { part, verdict } = warned;
  const whole = { payload: { start: 0, end: part.value.length }, rule: 'record-field' as const };
  const suppressed = readSuppressions(part.value)?.of(whole);
  return [
    {
      ...(suppressed === undefined ? {} : { suppressed }),
      frame: key,
      payload: part.string.value.toSource({ start: 0, end: part.value.length }),
      language: '',
      rule: 'record-field',
      detection: verdict.strength * 0.9,
      reasons: [`field ${text.slice(key.start, key.end).slice(0, 80)} holds the text`],
    },
  ];
}

/** Texts that another field of the same object calls wrong: `{"label": "insecure", "code": …}`. */
function labelledTexts(
  text: string,
  strings: readonly PlacedString[],
  truths: readonly JsonTruth[],
): Candidate[] {
  const labels = [
    ...strings.map(({ string, value }) => ({ path: string.path, key: string.key, value })),
    ...truths.map(({ path, key }) => ({ path, key, value: undefined })),
  ];
  return labels.flatMap(({ path, key, value }) => {
    const what = warnsOfText(String(path.at(-1)), value);
    if (what === undefined || key === undefined) return [];
    const parent = JSON.stringify(path.slice(0, -1));
    return strings
      .filter(({ string }) => JSON.stringify(string.path.slice(0, -1)) === parent)
      .filter((other) => mayBeLabelled(String(other.string.path.at(-1)), other.value, what))
      .map((other) => ({
        frame: { start: key.start, end: endOfValue(text, key.end) },
        payload: other.string.value.toSource({ start: 0, end: other.value.length }),
        language: '',
        rule: 'record-field' as const,
        detection: 0.85,
        reasons: [`field ${text.slice(key.start, endOfValue(text, key.end))} beside the text`],
      }));
  });
}

function endOfValue(text: string, from: number): number {
  return from + (/^\s*:\s*(?:"[^"]{0,60}"|\w+)/u.exec(text.slice(from, from + 100))?.[0].length ?? 0);
}
