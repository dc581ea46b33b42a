import { commands, type Disposable } from 'vscode';
import type { FindingStore } from './findingStore.js';

/** Keeps `backfire.hasResults` true to the store, for the `when` clauses of package.json. */
export function followResults(store: FindingStore): Disposable {
  let known = false;
  return store.onDidChange(() => {
    if (known === !store.isEmpty) return;
    known = !store.isEmpty;
    void commands.executeCommand('setContext', 'backfire.hasResults', known);
  });
}
