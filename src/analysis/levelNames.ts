/** From the worst down. Apart from the schemas, so that a page in a browser need not carry their library. */
export const levels = ['high', 'medium', 'low', 'none'] as const;
export type Level = (typeof levels)[number];

/** `none` is the lowest level: everything is at least that. */
export function isAtLeast(level: Level, limit: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(limit);
}
