const digits = 6;

/**
 * Every number in it to six significant digits: what else is in a run changes further ones, and at times the sixth of a single
 * token's. So reports of the same samples are seldom, but not never, other by a last digit.
 */
export function rounded<T>(value: T): T {
  if (typeof value === 'number') return Number(value.toPrecision(digits)) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => rounded(each)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)])) as T;
}
