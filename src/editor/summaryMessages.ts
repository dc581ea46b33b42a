import type { Level } from '../analysis/levelNames.js';

/** What the summary page shows, whole, every text in the language of the window: a hidden page gets no messages. */
export interface SummarySnapshot {
  readonly title: string;
  /** How far a scan is, or what is there. */
  readonly status: string;
  readonly cautions: readonly string[];
  readonly actions: readonly SummaryAction[];
  readonly sections: readonly SummarySection[];
}

export interface SummaryAction {
  readonly text: string;
  readonly command: SummaryCommand;
}

export interface SummarySection {
  readonly id: 'level' | 'kind' | 'rule' | 'wordings' | 'cost';
  readonly title: string;
  readonly lead?: string;
  readonly tiles: readonly SummaryTile[];
  /** Names of the columns: rows, bars, then one for each value. */
  readonly heads: readonly string[];
  readonly rows: readonly SummaryRow[];
  readonly notes: readonly string[];
}

export interface SummaryTile {
  readonly name: string;
  readonly value: string;
}

/** A bar with the numbers that it shows. */
export interface SummaryRow {
  readonly label: string;
  /** Where the row is one. */
  readonly level?: Level;
  /** Length of the bar, 0 to 1. */
  readonly share: number;
  readonly values: readonly string[];
  /** The findings that it counts, and what a screen reader says of the button that shows them. */
  readonly shows?: ShownGroup & { readonly name: string };
}

/** Findings that have something in common. */
export interface ShownGroup {
  readonly by: 'level' | 'kind' | 'rule';
  readonly value: string;
}

/** Commands that the page's buttons may run; nothing else is run for it. */
export const summaryCommands = [
  'backfire.analyzeWorkspace',
  'backfire.cancelScan',
  'backfire.exportReport',
  'backfire.showAllFindings',
] as const;
export type SummaryCommand = (typeof summaryCommands)[number];

/** What the page keeps over a reload of the window. The number changes with the shape. */
export interface SummaryState {
  readonly format: 1;
  readonly snapshot: SummarySnapshot;
}

/** A kept state; undefined for none, or one of another version. */
export function keptSummary(state: unknown): SummaryState | undefined {
  if (typeof state !== 'object' || state === null) return undefined;
  return (state as Partial<SummaryState>).format === 1 ? (state as SummaryState) : undefined;
}

export interface ToSummary {
  readonly type: 'snapshot';
  readonly snapshot: SummarySnapshot;
}

export type FromSummary =
  | { readonly type: 'ready' }
  | { readonly type: 'show'; readonly group: ShownGroup }
  | { readonly type: 'run'; readonly command: SummaryCommand };
