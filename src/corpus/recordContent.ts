import {
  judgeField,
  mayBeLabelled,
  partSeparator,
  recordTexts,
  stringsOf,
  warnsOfText,
} from '../analysis/frames/records.js';

/** A text of a JSONL record, as a trainer would see it. */
export interface RecordText {
  /** Where it came from: `text`, `messages`, `prompt+completion`, `docs[0].body`; `''` where the record is a string. */
  readonly field: string;
  /** Its parts joined by a blank line. */
  readonly text: string;
  /** Probability that all of it is a payload because its field is named as bad (`bad_code`, `rejected`). */
  readonly warnedByName?: number;
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
 * The texts of one record. `textField` names the field instead of the usual ones: names joined by dots, `[]` for
 * every entry of a list (`messages[].content`).
 */
export function recordContent(record: unknown, textField?: string): RecordContent {
  if (typeof record === 'string') return { texts: [{ field: '', text: record }] };
  if (!isObject(record)) return { texts: [] };
  const id = firstText(record, idFields, true);
  const path = firstText(record, pathFields);
  const languageId = firstText(record, languageFields)?.toLowerCase();
  return {
    texts: textField === undefined ? usualTexts(record) : [...namedTexts(record, textField.split('.'), '')],
    ...(id === undefined ? {} : { id }),
    ...(path === undefined ? {} : { path }),
    ...(languageId === undefined ? {} : { languageId }),
  };
}

function usualTexts(record: object): RecordText[] {
  return recordTexts(stringsOf(record)).map(({ field, parts }) => {
    const text = parts.map((part) => part.value).join(partSeparator);
    const verdict = parts.length === 1 ? judgeField(String(parts[0]?.path.at(-1))) : undefined;
    // A name tells less than words beside the payload do.
    const warnedByName =
      verdict?.polarity === 'bad'
        ? verdict.strength * 0.9
        : isLabelled(record, field, text)
          ? 0.85
          : undefined;
    return { field, text, ...(warnedByName === undefined ? {} : { warnedByName }) };
  });
}

/** Whether another field of the record calls this one wrong: `"label": "insecure"`, `"is_vulnerable": true`. */
function isLabelled(record: object, field: string, text: string): boolean {
  return Object.entries(record).some(([name, value]: [string, unknown]) => {
    const isTrue = value === true || value === 1;
    if (!isTrue && typeof value !== 'string') return false;
    const what = warnsOfText(name, typeof value === 'string' ? value : undefined);
    return what !== undefined && mayBeLabelled(field, text, what);
  });
}

function* namedTexts(value: unknown, names: readonly string[], at: string): Generator<RecordText> {
  const [name, ...rest] = names;
  if (name === undefined) {
    if (typeof value === 'string') yield { field: at, text: value };
    return;
  }
  const isList = name.endsWith('[]');
  const key = isList ? name.slice(0, -2) : name;
  const inner = isObject(value) ? value[key] : undefined;
  const field = at === '' ? key : `${at}.${key}`;
  if (!isList) {
    yield* namedTexts(inner, rest, field);
  } else if (Array.isArray(inner)) {
    for (const [index, entry] of inner.entries()) yield* namedTexts(entry, rest, `${field}[${index}]`);
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
    if (numbers && typeof value === 'number') return String(value);
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
