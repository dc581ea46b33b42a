import { commands } from 'vscode';
import { DisposableStore } from './disposableStore.js';
import type { FindingStore } from './findingStore.js';
import type { WorkspaceScan } from './workspaceScan.js';

/** Keeps `backfire.hasResults` and `backfire.isScanning` true, for the `when` clauses of package.json. */
export function followState(store: FindingStore, scan: WorkspaceScan): DisposableStore {
  const owned = new DisposableStore();
  const hasResults = contextKey('backfire.hasResults');
  const isScanning = contextKey('backfire.isScanning');
  owned.add(store.onDidChange(() => hasResults(!store.isEmpty)));
  owned.add(scan.onDidChange(() => isScanning(scan.isRunning)));
  return owned;
}

/** Sets a key, when it changes only. */
function contextKey(name: string): (value: boolean) => void {
  let known = false;
  return (value) => {
    if (value === known) return;
    known = value;
    void commands.executeCommand('setContext', name, value);
  };
}
