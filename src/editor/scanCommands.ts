import { commands, l10n, Uri, window, workspace } from 'vscode';
import type { CommandOutcome } from './commandOutcome.js';
import type { CommandParts, CommandTable } from './commandParts.js';
import { exportReport } from './exportReport.js';
import { changedFiles } from './gitChanges.js';

/** Scanning the workspace, or a part of it. */
export function scanCommands({ scan, status, extensionUri }: CommandParts): CommandTable {
  const scanned = async (starts: readonly Uri[]): Promise<CommandOutcome> => {
    // Where the results come: without the focus, they would come unseen.
    void commands.executeCommand('backfire.findings.focus');
    const location = { location: { viewId: 'backfire.findings' } };
    const counts = await window.withProgress(location, () => status.during(scan.run(starts)));
    return { kind: 'scanned', ...counts };
  };
  return {
    'backfire.analyzeWorkspace': async () => {
      const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri);
      if (folders.length === 0)
        return { kind: 'nothing', reason: l10n.t('Open a folder first: there is no workspace to analyze.') };
      return scanned(folders);
    },
    'backfire.analyzeChangedFiles': async () => {
      const changed = await changedFiles();
      if (changed.length === 0)
        return { kind: 'nothing', reason: l10n.t('No file differs from the last commit.') };
      return scanned(changed);
    },
    'backfire.analyzeResources': async (first, second) => {
      // The explorer hands over the entry under the pointer, then all that are selected.
      const given = Array.isArray(second) && second.length > 0 ? (second as unknown[]) : [first];
      const starts = given.filter((each): each is Uri => each instanceof Uri);
      if (starts.length === 0)
        return { kind: 'nothing', reason: l10n.t('Choose files or folders in the explorer first.') };
      return scanned(starts);
    },
    'backfire.exportReport': (format, target) => status.during(exportReport(extensionUri, format, target)),
    'backfire.cancelScan': () => {
      scan.cancel();
      return Promise.resolve({ kind: 'done' });
    },
  };
}
