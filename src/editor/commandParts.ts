import type { LogOutputChannel, Uri } from 'vscode';
import type { CommandOutcome } from './commandOutcome.js';
import type { Analyzer } from './analyzer.js';
import type { EngineHost } from './engineHost.js';
import type { FeatureCatalog } from './featureCatalog.js';
import type { FindingFilter } from './findingFilter.js';
import type { FindingsTree } from './findingsTree.js';
import type { FindingStore } from './findingStore.js';
import type { RunningAnalyses } from './runningAnalyses.js';
import type { SamplePanel } from './samplePanel.js';
import type { StatusItem } from './statusItem.js';
import type { SummaryPanel } from './summaryPanel.js';
import type { WorkspaceScan } from './workspaceScan.js';

/** What the commands work with. */
export interface CommandParts {
  readonly extensionUri: Uri;
  /** Where imported model packs lie. */
  readonly packsFolder: string;
  readonly log: LogOutputChannel;
  readonly engine: EngineHost;
  readonly features: FeatureCatalog;
  readonly store: FindingStore;
  readonly analyzer: Analyzer;
  readonly running: RunningAnalyses;
  readonly scan: WorkspaceScan;
  readonly tree: FindingsTree;
  readonly filter: FindingFilter;
  readonly panel: SamplePanel;
  readonly summary: SummaryPanel;
  readonly status: StatusItem;
}

/** Commands by id. Arguments come from menus, links and other extensions: a command checks what it is given. */
export type CommandTable = Record<string, (first?: unknown, second?: unknown) => Promise<CommandOutcome>>;
