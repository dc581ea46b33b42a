import { commands, type Disposable, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { DisposableStore } from './disposableStore.js';
import { type EditorFinding, worstFirst } from './editorFinding.js';
import { fileNameOf } from './findingGroups.js';
import type { FindingStore } from './findingStore.js';
import { openDocument } from './openDocument.js';
import { panelHtml } from './panelHtml.js';
import {
  type FromPanel,
  keptSnapshot,
  panelCommands,
  type PanelSnapshot,
  type ToPanel,
} from './panelMessages.js';
import { snapshotOf } from './panelSnapshot.js';
import { revealSpan } from './revealSpan.js';
import { readSetting } from './settings.js';

export const panelType = 'backfire.panel';

const nothingYet: PanelSnapshot = {
  kind: 'empty',
  message:
    'No sample was analyzed yet. Select a warning with its snippet in an editor, then analyze the selection.',
};

/** The panel beside the editor, at most one a window: the last analyzed sample, token by token. */
export class SamplePanel implements Disposable {
  readonly #owned = new DisposableStore();
  #panel: WebviewPanel | undefined;
  #snapshot = nothingYet;
  /** What is shown, as it was when it was measured; undefined for a snapshot of an earlier window. */
  #shown: { readonly uri: Uri; readonly finding: EditorFinding } | undefined;

  constructor(
    private readonly extensionUri: Uri,
    private readonly store: FindingStore,
  ) {
    this.#owned.add(store.onDidChange((uri) => this.#refresh(uri)));
    this.#owned.add(
      window.registerWebviewPanelSerializer(panelType, {
        deserializeWebviewPanel: (panel, state) => {
          if (!this.#shown) this.#snapshot = keptSnapshot(state) ?? nothingYet;
          this.#adopt(panel);
          return Promise.resolve();
        },
      }),
    );
  }

  get snapshot(): PanelSnapshot {
    return this.#snapshot;
  }

  /** Opens the panel, or brings it to the front; the editor keeps the focus when asked so. */
  open({ preserveFocus }: { readonly preserveFocus: boolean }): void {
    if (this.#panel) {
      this.#panel.reveal(undefined, preserveFocus);
      return;
    }
    this.#adopt(
      window.createWebviewPanel(panelType, 'Backfire', { viewColumn: ViewColumn.Beside, preserveFocus }),
    );
  }

  show(uri: Uri, finding: EditorFinding): void {
    this.#shown = { uri, finding };
    this.#refresh(uri);
  }

  clear(): void {
    this.#shown = undefined;
    this.#snapshot = nothingYet;
    this.#send();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#panel?.dispose();
  }

  #adopt(panel: WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    const folder = Uri.joinPath(this.extensionUri, 'dist', 'webview');
    panel.iconPath = Uri.joinPath(this.extensionUri, 'media', 'backfire.svg');
    panel.webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const listening = panel.webview.onDidReceiveMessage((message: FromPanel) => void this.#answer(message));
    panel.onDidDispose(() => {
      listening.dispose();
      if (this.#panel === panel) this.#panel = undefined;
    });
    panel.webview.html = panelHtml(panel.webview, folder);
  }

  #refresh(uri: Uri): void {
    const shown = this.#shown;
    if (shown?.uri.toString() !== uri.toString()) return;
    const findings = [...this.store.of(uri)].sort(worstFirst(readSetting('kinds')));
    const current = findings.find(({ id }) => id === shown.finding.id);
    if (current) this.#shown = { uri, finding: current };
    const placed = (finding: EditorFinding) => ({ finding, place: placeOf(uri, finding), isStale: false });
    this.#snapshot = snapshotOf(
      { ...placed(current ?? shown.finding), isStale: !current },
      findings.map(placed),
    );
    this.#send();
  }

  #send(): void {
    void this.#panel?.webview.postMessage({ type: 'snapshot', snapshot: this.#snapshot } satisfies ToPanel);
  }

  async #answer(message: FromPanel): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#send();
        return;
      case 'select': {
        const uri = this.#shown?.uri;
        const chosen = uri && this.store.of(uri).find(({ id }) => id === message.id);
        if (chosen) this.show(uri, chosen);
        return;
      }
      case 'reveal':
        return this.#reveal(message.part);
      case 'run':
        if (panelCommands.includes(message.command)) await commands.executeCommand(message.command);
        return;
      default:
        return message satisfies never;
    }
  }

  async #reveal(part: 'frame' | 'payload'): Promise<void> {
    const shown = this.#shown;
    const span = shown && this.store.of(shown.uri).find(({ id }) => id === shown.finding.id)?.[part];
    if (!span) return;
    await revealSpan(shown.uri, () => span, ViewColumn.One);
  }
}

function placeOf(uri: Uri, { payload, line }: EditorFinding): string {
  const document = openDocument(uri);
  return `${fileNameOf(uri)}:${(document ? document.positionAt(payload.start).line : line) + 1}`;
}
