import {
  type Disposable,
  l10n,
  MarkdownString,
  StatusBarAlignment,
  type Uri,
  window,
  workspace,
} from 'vscode';
import { levelOfFinding, measuredLevelOf } from './editorFinding.js';
import { editorInUse } from './editorInUse.js';
import { DisposableStore } from './disposableStore.js';
import type { FindingStore } from './findingStore.js';
import { markdownText } from './markdownText.js';
import { readSetting, settingsSection } from './settings.js';

/** The one status bar item: what is known of the active document, or that work is under way. */
export class StatusItem implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #item = this.#owned.add(window.createStatusBarItem('backfire.status', StatusBarAlignment.Left));
  #running = 0;

  constructor(private readonly store: FindingStore) {
    this.#item.name = 'Backfire';
    this.#item.command = 'backfire.showPanel';
    this.#owned.add(store.onDidChange((uri) => this.#show(uri)));
    this.#owned.add(window.onDidChangeActiveTextEditor(() => this.#show()));
    this.#owned.add(
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(`${settingsSection}.kinds`)) this.#show();
      }),
    );
    this.#show();
  }

  /** Says so while the work runs. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#running++;
    this.#show();
    try {
      return await work;
    } finally {
      this.#running--;
      this.#show();
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #show(changed?: Uri): void {
    const uri = editorInUse()?.document.uri;
    if (changed && changed.toString() !== uri?.toString()) return;
    const findings = uri ? this.store.of(uri) : [];
    const kinds = readSetting('kinds');
    const setAside = findings.filter(
      (finding) => levelOfFinding(finding, kinds) !== measuredLevelOf(finding),
    ).length;
    const counts = (['high', 'medium', 'low'] as const).flatMap((level) => {
      const count = findings.filter((finding) => levelOfFinding(finding, kinds) === level).length;
      return count > 0 ? [`${count} ${l10n.t(level)}`] : [];
    });
    const summary =
      counts.length > 0 ? counts.join(', ') : findings.length > setAside ? l10n.t('nothing taught') : '';
    this.#item.text = this.#running > 0 ? '$(sync~spin) Backfire' : `$(flame) ${summary || 'Backfire'}`;
    const measuring = l10n.t('Backfire is measuring');
    const aside = setAside > 0 ? ` (${l10n.t('{0} set aside by backfire.kinds', setAside)})` : '';
    const idle = `${l10n.t('Backfire: show the last analyzed sample')}${aside}`;
    this.#item.tooltip = withSummaryLink(this.#running > 0 ? measuring : idle);
    const found = `Backfire: ${summary || l10n.t('no findings in this document')}`;
    this.#item.accessibilityInformation = { label: this.#running > 0 ? measuring : found };
    this.#item.show();
  }
}

function withSummaryLink(text: string): MarkdownString {
  const link = `[${l10n.t('Show Summary')}](command:backfire.showSummary)`;
  const tooltip = new MarkdownString(`${markdownText(text)}\n\n${link}`);
  tooltip.isTrusted = { enabledCommands: ['backfire.showSummary'] };
  return tooltip;
}
