import type { Uri } from 'vscode';
import { type EditorFinding, isShown, worstFirst } from './editorFinding.js';
import type { FiledFinding } from './findingGroups.js';
import type { FindingStore } from './findingStore.js';
import { readSetting } from './settings.js';

/** Marks of a kind in one editor; more than that slows typing down, and nobody looks at them all. */
const mostInEditor = 300;

/** The findings of a document that are marked in its editors: those that the settings let through, the worst of them. */
export function findingsInEditor(store: FindingStore, uri: Uri): EditorFinding[] {
  const minimum = readSetting('minimumLevel');
  const kinds = readSetting('kinds');
  return store
    .of(uri)
    .filter((finding) => isShown(finding, minimum, kinds))
    .sort(worstFirst(kinds))
    .slice(0, mostInEditor);
}

/** Every finding of the window that the settings let through: what the Findings view and the summary count. */
export function listedFindings(store: FindingStore): FiledFinding[] {
  const minimum = readSetting('minimumLevel');
  const kinds = readSetting('kinds');
  const listed: FiledFinding[] = [];
  for (const { uri, findings } of store.all())
    for (const finding of findings) if (isShown(finding, minimum, kinds)) listed.push({ uri, finding });
  return listed;
}
