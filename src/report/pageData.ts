import type { ScanHeader, Skipped, Summary } from '../corpus/scanLine.js';

/** What the page of a report gets in its last block of data; findings stand in blocks before it, some to a block. */
export interface PageEnd {
  readonly summary: Summary;
  readonly skipped: readonly Skipped[];
  readonly notes: readonly { readonly path: string; readonly note: string }[];
  readonly calibrated: boolean;
}

export type PageStart = ScanHeader;

/** Classes of the script elements that hold the data. */
export const pageBlocks = { start: 'data-start', findings: 'data-findings', end: 'data-end' } as const;
