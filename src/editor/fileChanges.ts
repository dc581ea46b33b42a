import { type LogOutputChannel, type Uri, workspace } from 'vscode';
import { DisposableStore } from './disposableStore.js';
import { hashOfText, readFileText } from './fileText.js';
import type { FindingStore } from './findingStore.js';
import { openDocument } from './openDocument.js';

/** Drops the findings of files that are deleted, or changed by something else than an editor of this window. */
export function followFiles(store: FindingStore, log: LogOutputChannel): DisposableStore {
  const owned = new DisposableStore();
  const watcher = owned.add(workspace.createFileSystemWatcher('**/*', true));
  owned.add(watcher.onDidDelete((uri) => store.remove(uri)));
  owned.add(
    watcher.onDidChange((uri) => {
      void dropWhenChanged(uri, store, log);
    }),
  );
  return owned;
}

/** An open document tells of its changes by itself. */
async function dropWhenChanged(uri: Uri, store: FindingStore, log: LogOutputChannel): Promise<void> {
  const hash = store.hashOf(uri);
  if (hash === undefined) return;
  const read = await readFileText(uri);
  const isSame = read.kind === 'text' && hashOfText(read.text) === hash;
  if (isSame || openDocument(uri) || store.hashOf(uri) !== hash) return;
  log.info(`${uri.path} has changed: its findings are gone until it is analyzed again`);
  store.set(uri, []);
}
