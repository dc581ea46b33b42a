import type { SampleAlternatives } from '../analysis/alternatives/sampleAlternatives.js';
import type { DescribedFeature } from '../analysis/features/describedFeature.js';
import type { FiringTokens, ReadText } from '../analysis/features/sampleFeatures.js';
import type { Level } from '../analysis/levelNames.js';
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
  /** Whether the pack that comes with the extension measured it. */
  readonly byEmbeddedModel: boolean;
}

/** One of the samples that can be shown. */
export interface SampleEntry {
  readonly id: string;
  readonly level: Level;
  /** File name and 1-based line of the payload. */
  readonly place: string;
}

/** A feature of the shown sample: mean activation over payload tokens, and once it was read, where it fires. */
export interface ListedFeature {
  readonly latent: number;
  /** Empty as long as nobody has asked the engine. */
  readonly label: string;
  readonly sample: number;
  /** Absent without a bare version. */
  readonly bare?: number;
  readonly inSample?: FiringTokens;
  readonly inBare?: FiringTokens;
}

/** Features of the shown sample. */
export interface FeatureList {
  /** `shared`: as the measure tells them, no tokens were read; the features of what went before stand while they are read. */
  readonly state: 'shared' | 'reading' | 'read' | 'failed';
  /** Why they could not be read. */
  readonly reason?: string;
  readonly features: readonly ListedFeature[];
  /** Features that are active in either payload, listed or not. */
  readonly active?: number;
  readonly texts?: { readonly sample: ReadText; readonly bare?: ReadText };
}

/** A text of a person's own, read for the feature whose page is open. */
export type TriedText =
  | { readonly state: 'reading' }
  | { readonly state: 'failed'; readonly reason: string }
  | {
      readonly state: 'read';
      readonly text: string;
      readonly read: ReadText;
      readonly firing: FiringTokens;
    };

/** A feature's page, in the place of the sample. */
export interface OpenFeature {
  readonly page: DescribedFeature;
  /** Pages that were opened before it: as many steps back, then comes the sample. */
  readonly before: number;
  readonly tried?: TriedText;
}

export interface PanelFeatures {
  readonly list: FeatureList;
  /** In the order in which they were pinned. */
  readonly pinned: readonly number[];
  readonly open?: OpenFeature;
}

export const noFeatures: PanelFeatures = { list: { state: 'shared', features: [] }, pinned: [] };

/** What the model would have expected in the place of the shown sample's tokens; `none`: its pack can't tell. */
export type PanelAlternatives =
  | { readonly state: 'unread' | 'reading' | 'none' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'read'; readonly of: SampleAlternatives };

export interface ToPanel {
  readonly type: 'snapshot';
  readonly snapshot: PanelSnapshot;
  readonly features: PanelFeatures;
  readonly alternatives: PanelAlternatives;
}

/** Commands that the panel's buttons may run; nothing else is run for it. */
export const panelCommands = [
  'backfire.analyzeSelection',
  'backfire.analyzeFile',
  'backfire.openLog',
  'backfire.showFeature',
] as const;
export type PanelCommand = (typeof panelCommands)[number];

export type FromPanel =
  | { readonly type: 'ready' }
  /** A sample is on the screen. */
  | { readonly type: 'drawn' }
  | { readonly type: 'select'; readonly id: string }
  | { readonly type: 'history'; readonly step: -1 | 1 }
  /** `feature` for the lens of that name. */
  | { readonly type: 'showInEditor'; readonly lens: LensName; readonly feature?: number }
  /** Where the features of the shown sample fire, these among them. */
  | { readonly type: 'readFeatures'; readonly latents: readonly number[] }
  /** Somebody points at a token, and what the model would have expected there is not known. */
  | { readonly type: 'readAlternatives' }
  | { readonly type: 'pin'; readonly feature: number; readonly isPinned: boolean }
  | { readonly type: 'openFeature'; readonly feature: number }
  /** `toSample`: however many pages lie between. */
  | { readonly type: 'backFromFeature'; readonly toSample: boolean }
  | { readonly type: 'tryText'; readonly text: string }
  | { readonly type: 'reveal'; readonly part: 'frame' | 'payload' }
  | { readonly type: 'run'; readonly command: PanelCommand };

/** Characters of a text that a person tries a feature on. */
export const mostTriedCharacters = 20_000;

/** Features that a person has chosen: one colours the tokens, another may be compared with it. */
export interface ChosenFeatures {
  readonly feature?: number;
  readonly compared?: number;
}

/** What the panel keeps over a reload of the window. The number changes with the shape. */
export interface PanelState {
  readonly format: 4;
  readonly snapshot: PanelSnapshot;
  readonly features: PanelFeatures;
  readonly alternatives: PanelAlternatives;
  readonly lens: LensName;
  readonly chosen: ChosenFeatures;
}

export function panelState(
  { snapshot, features, alternatives }: Omit<ToPanel, 'type'>,
  { lens = 'teaches', chosen = {} }: { readonly lens?: LensName; readonly chosen?: ChosenFeatures } = {},
): PanelState {
  return { format: 4, snapshot, features, alternatives, lens, chosen };
}

/** A kept state; undefined for none, or one of another version. */
export function keptState(state: unknown): PanelState | undefined {
  if (typeof state !== 'object' || state === null) return undefined;
  return (state as Partial<PanelState>).format === 4 ? (state as PanelState) : undefined;
}
