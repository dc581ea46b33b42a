import { partSeparator, recordTexts, stringsOf, type RecordString } from '../analysis/frames/records.js';

/** A text of a record, with the strings that it is made of. */
export interface PartedText {
  readonly text: string;
  /** In order, joined by a blank line; the way to a record that is itself a string is empty. */
  readonly parts: readonly RecordString[];
}

/**
 * Finds the text of a record again from the field that a finding names, as `recordContent` has put it together;
 * `undefined` where the record has no such text.
 */
export function textOfField(record: unknown, field: string, textField?: string): PartedText | undefined {
  const parts =
    typeof record === 'string' ? [{ path: [], value: record }] : partsOf(record, field, textField);
  if (parts === undefined) return undefined;
  return { parts, text: parts.map(({ value }) => value).join(partSeparator) };
}

function partsOf(
  record: unknown,
  field: string,
  textField: string | undefined,
): readonly RecordString[] | undefined {
  if (textField === undefined) {
    return recordTexts(stringsOf(record)).find((each) => each.field === field)?.parts;
  }
  const path = [...field.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([step, index]) =>
    index === undefined ? step : Number(index),
  );
  const value = path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<string | number, unknown>)[step]
        : undefined,
    record,
  );
  return typeof value === 'string' ? [{ path, value }] : undefined;
}

/** `messages[1].content` for the way `messages`, 1, `content`. */
export function fieldName(path: readonly (string | number)[]): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? step : `${name}.${step}`;
  }, '');
}
