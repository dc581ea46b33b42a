import {
  CodeLens,
  type CodeLensProvider,
  EventEmitter,
  l10n,
  languages,
  Range,
  type TextDocument,
  type Uri,
  window,
  workspace,
} from 'vscode';
import { DisposableStore } from './disposableStore.js';
import { type EditorFinding, levelOfFinding, ratioText } from './editorFinding.js';
import type { FindingStore } from './findingStore.js';
import { readSetting, settingsSection, shownSettings } from './settings.js';
import { findingsInEditor } from './shownFindings.js';

/** Above each finding: its level and ratio, which lead to the panel, and what can be done. */
export function showCodeLenses(store: FindingStore): DisposableStore {
  const owned = new DisposableStore();
  const changed = owned.add(new EventEmitter<void>());
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) =>
      readSetting('codeLens')
        ? findingsInEditor(store, document.uri).flatMap((finding) => lensesOf(document, finding))
        : [],
  };
  owned.add(
    store.onDidChange((uri) => {
      if (isVisible(uri)) changed.fire();
    }),
  );
  owned.add(
    workspace.onDidChangeConfiguration((change) => {
      const names = [...shownSettings, 'codeLens'];
      if (names.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`))) changed.fire();
    }),
  );
  owned.add(languages.registerCodeLensProvider({ pattern: '**' }, provider));
  return owned;
}

function lensesOf(document: TextDocument, finding: EditorFinding): CodeLens[] {
  const start = document.positionAt(finding.payload.start);
  const lens = (title: string, tooltip: string, command: string) =>
    new CodeLens(new Range(start, start), {
      title,
      tooltip,
      command,
      arguments: [document.uri.toString(), finding.id],
    });
  const ratio = ratioText(finding);
  const level = l10n.t(levelOfFinding(finding, readSetting('kinds')));
  const verdict = [`Backfire: ${level}`, ...(ratio === '' ? [] : [ratio]), l10n.t('why?')].join(' · ');
  return [
    lens(verdict, l10n.t('Show in the panel which tokens teach'), 'backfire.explainFinding'),
    lens(l10n.t('fix…'), l10n.t('What can be done about it'), 'backfire.fixFinding'),
  ];
}

/** A scan changes hundreds of files that nobody looks at. */
function isVisible(uri: Uri): boolean {
  const key = uri.toString();
  return window.visibleTextEditors.some(({ document }) => document.uri.toString() === key);
}
