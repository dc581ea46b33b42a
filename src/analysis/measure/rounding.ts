const digits = 6;

/**
 * Every number in it to six significant digits: further ones differ between processors, which sum in another order. On one
 * processor a measure is the same to the last bit, whatever else is in its run.
 */
export function rounded<T>(value: T): T {
  if (typeof value === 'number') return Number(value.toPrecision(digits)) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => rounded(each)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)])) as T;
}
