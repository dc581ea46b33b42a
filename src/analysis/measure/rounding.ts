const digits = 6;

/**
 * Every number in it to six significant digits. What else is in a run changes a measure in the eleventh digit; reports of the
 * same samples should be the same to the byte, whatever was batched with what.
 */
export function rounded<T>(value: T): T {
  if (typeof value === 'number') return Number(value.toPrecision(digits)) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => rounded(each)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)])) as T;
}
