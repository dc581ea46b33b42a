import {
  readRecordSuppression,
  type SuppressionProblem,
  suppressedByRecord,
  suppressingField,
  type Suppressions,
} from '../suppressions.js';
import type { SuppressionRequest } from '../suppressionSyntax.js';
import { readJsonStrings, type JsonString, type JsonValue } from './jsonStrings.js';
import { splitLines } from './outline.js';
import type { Span } from '../span.js';

interface Region {
  readonly span: Span;
  readonly request: SuppressionRequest;
}

/** What the records of a JSON or JSONL text say of themselves; `undefined` where none says anything. */
export function readRecordSuppressions(
  text: string,
  linewise: boolean,
): Omit<Suppressions, 'clean'> | undefined {
  if (!text.includes(`"${suppressingField}"`)) return undefined;
  const regions: Region[] = [];
  const problems: SuppressionProblem[] = [];
  const lineOf = lineCounter(text);
  for (const range of linewise ? splitLines(text) : [{ start: 0, end: text.length }]) {
    for (const value of readJsonStrings(text, range.start, range.end)) {
      for (const { record, span } of recordsOf(text, value)) {
        const told = readRecordSuppression(record);
        if (told === undefined) continue;
        for (const message of told.problems) problems.push({ line: lineOf(span.start), message });
        if (told.request !== undefined) regions.push({ span, request: told.request });
      }
    }
  }
  return {
    problems,
    of: ({ payload, rule }) => {
      const region = regions.find(({ span }) => span.start <= payload.start && payload.start < span.end);
      return suppressedByRecord(region?.request, rule);
    },
  };
}

function recordsOf(text: string, { span, strings }: JsonValue): { record: unknown; span: Span }[] {
  const json = text.slice(span.start, span.end);
  if (!json.includes(`"${suppressingField}"`)) return [];
  const value = parseJson(json);
  if (!Array.isArray(value)) return [{ record: value, span }];
  const stringsOf: JsonString[][] = value.map(() => []);
  for (const string of strings) stringsOf[Number(string.path[0])]?.push(string);
  return value.map((record: unknown, index) => ({
    record,
    span: reachOf(stringsOf[index] ?? []) ?? span,
  }));
}

/** 1-based lines of offsets that are asked for in order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let next = text.indexOf('\n');
  return (offset) => {
    for (; next >= 0 && next < offset; next = text.indexOf('\n', next + 1)) line++;
    return line;
  };
}

/** From the first to the last string of a record in a list. */
function reachOf(strings: readonly JsonString[]): Span | undefined {
  const places = strings
    .filter(({ value }) => value.text !== '')
    .map(({ value }) => value.toSource({ start: 0, end: value.text.length }));
  const last = places.at(-1);
  return last === undefined ? undefined : { start: places[0]?.start ?? 0, end: last.end };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
