/**
 * Text of a record in the field that a finding names: keys and indices joined by dots (`messages.1.content`), `''` for a
 * record that is itself a string. A key may hold dots of its own. `undefined` where there is no text.
 */
export function fieldText(record: unknown, field: string): string | undefined {
  return textAt(record, field === '' ? [] : field.split('.'));
}

function textAt(value: unknown, steps: readonly string[]): string | undefined {
  if (steps.length === 0) return typeof value === 'string' ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (let length = 1; length <= steps.length; length++) {
    const key = steps.slice(0, length).join('.');
    if (!Object.hasOwn(value, key)) continue;
    const text = textAt((value as Record<string, unknown>)[key], steps.slice(length));
    if (text !== undefined) return text;
  }
  return undefined;
}
