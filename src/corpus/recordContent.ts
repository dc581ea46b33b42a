import {
  isPiece,
  joinParts,
  mayBeLabelled,
  recordTexts,
  type RecordString,
  stringsOf,
  warnedPart,
  warnsOfText,
} from '../analysis/frames/records.js';
import type { Span } from '../analysis/span.js';
import type { TextPart } from './joinedText.js';

/** A text of a record, as a trainer would see it. */
export interface RecordText {
  /** Where it came from: `text`, `messages`, `prompt+completion`, `docs.0.body`; `''` where the record is a string. */
  readonly field: string;
  /** Its parts in one, as `joinParts` lays them out. */
  readonly text: string;
  /** Which field holds which part, where that is not `field` itself. */
  readonly parts?: readonly TextPart[];
  /** What its field's name alone calls bad (`bad_code`, `rejected`), with the probability that it is a payload. */
  readonly warnedByName?: { readonly span: Span; readonly detection: number };
}

export interface RecordContent {
  readonly texts: readonly RecordText[];
  readonly id?: string;
  /** Path of the file that the record was cut from, where it says so: chooses the parser. */
  readonly path?: string;
  /** Language of the text, where the record says so. */
  readonly languageId?: string;
}

const idFields = ['id', '_id', 'uid', 'uuid'];
const pathFields = ['path', 'file_path', 'filename', 'file_name', 'max_stars_repo_path'];
const languageFields = ['language', 'lang', 'programming_language'];

/**
 * The texts of one record. `textField` names the field instead of the usual ones: names and indices joined by dots
 * (`meta.text`, `messages.0.content`), `[]` for every entry of a list (`messages[].content`). A list or an object at
 * its end is read as one text.
 */
export function recordContent(record: unknown, textField?: string): RecordContent {
  if (typeof record === 'string') return { texts: [{ field: '', text: record }] };
  if (!isObject(record)) return { texts: [] };
  const id = firstText(record, idFields, true);
  const path = firstText(record, pathFields);
  const languageId = firstText(record, languageFields)?.toLowerCase();
  return {
    texts: textField === undefined ? usualTexts(record) : [...namedTexts(record, textField.split('.'), [])],
    ...(id === undefined ? {} : { id }),
    ...(path === undefined ? {} : { path }),
    ...(languageId === undefined ? {} : { languageId }),
  };
}

function usualTexts(record: object): RecordText[] {
  return recordTexts(stringsOf(record)).map((recordText) => {
    const { field } = recordText;
    const { text, parts } = joined(recordText.parts);
    const named = namedText(field, text, parts);
    const warned = warnedPart(recordText);
    const last = parts.at(-1);
    if (warned !== undefined && last !== undefined) {
      const span = { start: last.start, end: last.end };
      // A name tells less than words beside the payload do.
      return { ...named, warnedByName: { span, detection: warned.verdict.strength * 0.9 } };
    }
    return isLabelled(record, field, text)
      ? { ...named, warnedByName: { span: { start: 0, end: text.length }, detection: 0.85 } }
      : named;
  });
}

function joined(strings: readonly RecordString[]): { text: string; parts: readonly TextPart[] } {
  const { text, starts } = joinParts(strings);
  const parts = strings.map(({ path, value }, index) => {
    const start = starts[index] ?? 0;
    return { field: path.join('.'), start, end: start + value.length };
  });
  return { text, parts };
}

function namedText(field: string, text: string, parts: readonly TextPart[]): RecordText {
  return parts.length === 1 && parts[0]?.field === field ? { field, text } : { field, text, parts };
}

/** Whether another field of the record calls this one wrong: `"label": "insecure"`, `"is_vulnerable": true`. */
function isLabelled(record: object, field: string, text: string): boolean {
  return Object.entries(record).some(([name, value]: [string, unknown]) => {
    const isTrue = value === true || value === 1 || value === 1n;
    if (!isTrue && typeof value !== 'string') return false;
    const what = warnsOfText(name, typeof value === 'string' ? value : undefined);
    return what !== undefined && mayBeLabelled(field, text, what);
  });
}

function* namedTexts(
  value: unknown,
  names: readonly string[],
  path: readonly string[],
): Generator<RecordText> {
  const [name, ...rest] = names;
  if (name === undefined) {
    const field = path.join('.');
    const strings = typeof value === 'string' ? [{ path, value }] : stringsOf(value, path);
    const texts = strings.filter((string) => typeof value === 'string' || isPiece(string));
    const { text, parts } = joined(texts);
    if (texts.length > 0) yield namedText(field, text, parts);
    return;
  }
  const isList = name.endsWith('[]');
  const key = isList ? name.slice(0, -2) : name;
  const inner =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  if (!isList) {
    yield* namedTexts(inner, rest, [...path, key]);
  } else if (Array.isArray(inner)) {
    for (const [index, entry] of inner.entries())
      yield* namedTexts(entry, rest, [...path, key, String(index)]);
  }
}

function firstText(
  record: Record<string, unknown>,
  fields: readonly string[],
  numbers = false,
): string | undefined {
  for (const field of fields) {
    const value = record[field];
    if (typeof value === 'string' && value !== '') return value;
    if (numbers && (typeof value === 'number' || typeof value === 'bigint')) return String(value);
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
