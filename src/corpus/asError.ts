/** What was thrown, as an error: anything can be thrown, but only errors are passed on. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
