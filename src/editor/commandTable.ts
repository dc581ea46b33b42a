import { commands } from 'vscode';
import { analysisCommands } from './analysisCommands.js';
import { outcomeOf } from './commandOutcome.js';
import type { CommandParts, CommandTable } from './commandParts.js';
import { DisposableStore } from './disposableStore.js';
import { engineCommands } from './engineCommands.js';
import { featureCommands } from './featureCommands.js';
import { findingCommands } from './findingCommands.js';
import { scanCommands } from './scanCommands.js';
import { treeCommands } from './treeCommands.js';

/** Registers every command; each answers with an outcome, also when there is no editor or no engine. */
export function registerCommands(parts: CommandParts): DisposableStore {
  const owned = new DisposableStore();
  const table: CommandTable = {
    ...analysisCommands(parts),
    ...scanCommands(parts),
    ...findingCommands(parts),
    ...featureCommands(parts),
    ...treeCommands(parts),
    ...engineCommands(parts),
  };
  for (const [id, command] of Object.entries(table)) {
    const run = (first: unknown, second: unknown) => outcomeOf(() => command(first, second), parts.log);
    owned.add(commands.registerCommand(id, run));
  }
  return owned;
}
