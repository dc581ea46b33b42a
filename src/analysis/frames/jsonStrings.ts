import { MappedTextBuilder, type MappedText } from './mappedText.js';
import type { Span } from '../span.js';

/** A string of a JSON text, with the way to it and the place of the key it stands under. */
export interface JsonString {
  /** Keys and indices from the root of the value. */
  readonly path: readonly (string | number)[];
  readonly value: MappedText;
  readonly key: Span | undefined;
}

interface Level {
  readonly array: boolean;
  index: number;
  key: string;
  keySpan: Span | undefined;
  expectsKey: boolean;
}

const deepestJson = 64;

/** A key that holds `true` or `1`. */
export interface JsonTruth {
  readonly path: readonly (string | number)[];
  readonly key: Span;
}

/** One value found at the top of a JSON text (JSONL has one a line), with its strings. */
export interface JsonValue {
  readonly span: Span;
  readonly strings: readonly JsonString[];
  readonly truths: readonly JsonTruth[];
}

/**
 * Reads the top-level values in `[from, to)` of a text. What is no JSON is passed over: the caller that must report
 * malformed records parses them itself. One pass, no recursion.
 */
export function readJsonStrings(text: string, from = 0, to = text.length): JsonValue[] {
  const values: JsonValue[] = [];
  const levels: Level[] = [];
  let strings: JsonString[] = [];
  let truths: JsonTruth[] = [];
  let start = from;
  let at = from;
  while (at < to) {
    const char = text[at];
    const level = levels.at(-1);
    if (char === '"') {
      const end = endOfString(text, at, to);
      if (level !== undefined && !level.array && level.expectsKey) {
        level.key = decode(text, { start: at + 1, end: end - 1 }).text;
        level.keySpan = { start: at, end };
        level.expectsKey = false;
      } else if (levels.length > 0 && levels.length <= deepestJson) {
        strings.push({
          path: levels.map(step),
          value: decode(text, { start: at + 1, end: end - 1 }),
          key: level?.keySpan,
        });
      }
      at = end;
      continue;
    }
    if (char === '{' || char === '[') {
      if (levels.length === 0) start = at;
      levels.push({ array: char === '[', index: 0, key: '', keySpan: undefined, expectsKey: char === '{' });
    } else if (char === '}' || char === ']') {
      levels.pop();
      if (levels.length === 0) {
        values.push({ span: { start, end: at + 1 }, strings, truths });
        strings = [];
        truths = [];
      }
    } else if ((char === 't' || char === '1') && level?.keySpan !== undefined && !level.expectsKey) {
      if (/^:\s*(?:true|1)\b/u.test(text.slice(level.keySpan.end, at + 5).trimStart()))
        truths.push({ path: levels.map(step), key: level.keySpan });
    } else if (char === ',' && level !== undefined) {
      level.index++;
      level.expectsKey = !level.array;
    }
    at++;
  }
  return values;
}

function step(level: Level): string | number {
  return level.array ? level.index : level.key;
}

function endOfString(text: string, start: number, to: number): number {
  for (let at = start + 1; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34) return at + 1;
  }
  return to;
}

const shortEscapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function decode(text: string, span: Span): MappedText {
  const builder = new MappedTextBuilder();
  let at = span.start;
  while (at < span.end) {
    const escape = text.indexOf('\\', at);
    const plainEnd = escape < 0 || escape >= span.end ? span.end : escape;
    builder.take(text, { start: at, end: plainEnd });
    if (plainEnd === span.end) break;
    const letter = text[escape + 1] ?? '';
    const hex = letter === 'u' ? text.slice(escape + 2, escape + 6) : '';
    const long = /^[0-9a-fA-F]{4}$/u.test(hex);
    const end = Math.min(span.end, escape + (long ? 6 : 2));
    builder.put(long ? String.fromCharCode(parseInt(hex, 16)) : (shortEscapes[letter] ?? letter), {
      start: escape,
      end,
    });
    at = Math.max(end, escape + 1);
  }
  return builder.build();
}
