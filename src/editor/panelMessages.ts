import type { Level } from '../analysis/finding.js';
import type { LensName } from '../analysis/lenses.js';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import type { Span } from '../analysis/span.js';

/** What the panel shows, whole: a hidden panel gets no messages, so that none may build on another. */
export type PanelSnapshot =
  | { readonly kind: 'empty'; readonly message: string }
  | {
      readonly kind: 'sample';
      readonly shown: ShownSample;
      readonly others: readonly SampleEntry[];
      readonly history: PanelHistory;
    };

/** Where the shown sample stands among those that were shown, the oldest first. */
export interface PanelHistory {
  readonly position: number;
  readonly count: number;
}

/** Everything about one sample. Spans index `text`. */
export interface ShownSample extends SampleEntry {
  readonly title: string;
  readonly code: string;
  readonly text: string;
  readonly frame?: Span;
  readonly payload: Span;
  readonly reasons: readonly string[];
  readonly result: MeasureResult;
  /** The document was edited there since, or closed: the figures are those of the text shown. */
  readonly isStale: boolean;
}

/** One of the samples that can be shown. */
export interface SampleEntry {
  readonly id: string;
  readonly level: Level;
  /** File name and 1-based line of the payload. */
  readonly place: string;
}

export interface ToPanel {
  readonly type: 'snapshot';
  readonly snapshot: PanelSnapshot;
}

/** Commands that the panel's buttons may run; nothing else is run for it. */
export const panelCommands = [
  'backfire.analyzeSelection',
  'backfire.analyzeFile',
  'backfire.openLog',
] as const;
export type PanelCommand = (typeof panelCommands)[number];

export type FromPanel =
  | { readonly type: 'ready' }
  /** A sample is on the screen. */
  | { readonly type: 'drawn' }
  | { readonly type: 'select'; readonly id: string }
  | { readonly type: 'history'; readonly step: -1 | 1 }
  | { readonly type: 'showInEditor'; readonly lens: LensName }
  | { readonly type: 'reveal'; readonly part: 'frame' | 'payload' }
  | { readonly type: 'run'; readonly command: PanelCommand };

/** What the panel keeps over a reload of the window. The number changes with the shape. */
export interface PanelState {
  readonly format: 2;
  readonly snapshot: PanelSnapshot;
  readonly lens: LensName;
}

export function panelState(snapshot: PanelSnapshot, lens: LensName = 'teaches'): PanelState {
  return { format: 2, snapshot, lens };
}

/** A kept state; undefined for none, or one of another version. */
export function keptState(state: unknown): PanelState | undefined {
  if (typeof state !== 'object' || state === null) return undefined;
  return (state as Partial<PanelState>).format === 2 ? (state as PanelState) : undefined;
}
