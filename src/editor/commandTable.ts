import { commands, type LogOutputChannel } from 'vscode';
import { analysisCommands } from './analysisCommands.js';
import type { Analyzer } from './analyzer.js';
import { type CommandOutcome, outcomeOf } from './commandOutcome.js';
import { DisposableStore } from './disposableStore.js';
import { engineCommands } from './engineCommands.js';
import type { EngineHost } from './engineHost.js';
import { findingCommands } from './findingCommands.js';
import type { FindingFilter } from './findingFilter.js';
import type { FindingsTree } from './findingsTree.js';
import type { FindingStore } from './findingStore.js';
import type { RunningAnalyses } from './runningAnalyses.js';
import type { SamplePanel } from './samplePanel.js';
import { scanCommands } from './scanCommands.js';
import type { StatusItem } from './statusItem.js';
import { treeCommands } from './treeCommands.js';
import type { WorkspaceScan } from './workspaceScan.js';

/** What the commands work with. */
export interface CommandParts {
  readonly log: LogOutputChannel;
  readonly engine: EngineHost;
  readonly store: FindingStore;
  readonly analyzer: Analyzer;
  readonly running: RunningAnalyses;
  readonly scan: WorkspaceScan;
  readonly tree: FindingsTree;
  readonly filter: FindingFilter;
  readonly panel: SamplePanel;
  readonly status: StatusItem;
}

/** Commands by id. Arguments come from menus, links and other extensions: a command checks what it is given. */
export type CommandTable = Record<string, (first?: unknown, second?: unknown) => Promise<CommandOutcome>>;

/** Registers every command; each answers with an outcome, also when there is no editor or no engine. */
export function registerCommands(parts: CommandParts): DisposableStore {
  const owned = new DisposableStore();
  const table: CommandTable = {
    ...analysisCommands(parts),
    ...scanCommands(parts),
    ...findingCommands(parts),
    ...treeCommands(parts),
    ...engineCommands(parts),
  };
  for (const [id, command] of Object.entries(table)) {
    const run = (first: unknown, second: unknown) => outcomeOf(() => command(first, second), parts.log);
    owned.add(commands.registerCommand(id, run));
  }
  return owned;
}
