/** What a frame can warn against; the classifier's classes, in the order of its weights. Apart from the schemas, as levels are. */
export const kindNames = [
  'security',
  'correctness',
  'unsafe-instruction',
  'performance',
  'style',
  'other',
] as const;
export type KindName = (typeof kindNames)[number];
