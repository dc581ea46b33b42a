import {
  commands,
  type Disposable,
  env,
  EventEmitter,
  l10n,
  type Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import { kindNames } from '../analysis/kind/kindNames.js';
import { corpusCounts, type CorpusCounts } from './corpusCounts.js';
import { DisposableStore } from './disposableStore.js';
import type { FindingFilter } from './findingFilter.js';
import type { FindingsTree } from './findingsTree.js';
import type { FindingStore } from './findingStore.js';
import { fillPanel } from './panelHtml.js';
import { settingsSection, shownSettings } from './settings.js';
import {
  type FromSummary,
  type ShownGroup,
  summaryCommands,
  type SummarySnapshot,
  type ToSummary,
} from './summaryMessages.js';
import { summarySnapshot } from './summarySnapshot.js';
import { TimeSlice } from './timeSlice.js';
import type { WorkspaceScan } from './workspaceScan.js';

const summaryType = 'backfire.summary';
/** A scan tells of each file; the page follows at a pace that a person can read. */
const paceMs = 300;

/** The summary page, at most one a window: the findings in charts, and what the last scan cost. */
export class SummaryPanel implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #shown = this.#owned.add(new EventEmitter<SummarySnapshot>());
  /** Told what is sent to the page. */
  readonly onDidShow = this.#shown.event;
  #panel: WebviewPanel | undefined;
  #counts: CorpusCounts | undefined;
  #refreshing: NodeJS.Timeout | undefined;
  #runs = 0;

  constructor(
    private readonly extensionUri: Uri,
    private readonly store: FindingStore,
    private readonly scan: WorkspaceScan,
    private readonly tree: FindingsTree,
    private readonly filter: FindingFilter,
  ) {
    const later = () => this.#refreshSoon();
    this.#owned.add(store.onDidChange(later));
    this.#owned.add(store.onDidClear(later));
    this.#owned.add(scan.onDidChange(later));
    this.#owned.add(filter.onDidChange(later));
    this.#owned.add(
      workspace.onDidChangeConfiguration((change) => {
        if (shownSettings.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`))) later();
      }),
    );
    this.#owned.add(
      window.registerWebviewPanelSerializer(summaryType, {
        deserializeWebviewPanel: (panel) => {
          this.#adopt(panel);
          return Promise.resolve();
        },
      }),
    );
  }

  /** Opens the page, or brings it to the front. */
  open(): void {
    if (this.#panel) this.#panel.reveal();
    else this.#adopt(window.createWebviewPanel(summaryType, l10n.t('Backfire Summary'), ViewColumn.Active));
  }

  /** Opens the Findings view at these findings. */
  async show({ by, value }: ShownGroup): Promise<void> {
    if (by !== 'kind') return this.tree.reveal(by, value);
    const kind = kindNames.find((name) => name === value);
    if (kind) await this.filter.showOnly(kind);
    await commands.executeCommand('backfire.findings.focus');
  }

  dispose(): void {
    clearTimeout(this.#refreshing);
    this.#owned.dispose();
    this.#panel?.dispose();
  }

  #adopt(panel: WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    const listening = panel.webview.onDidReceiveMessage((message: FromSummary) => void this.#answer(message));
    panel.onDidDispose(() => {
      listening.dispose();
      if (this.#panel === panel) this.#panel = undefined;
    });
    const title = l10n.t('Backfire Summary');
    fillPanel(panel, this.extensionUri, { name: 'summary', title, language: env.language });
  }

  async #answer(message: FromSummary): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.#refresh();
      case 'show':
        return this.show(message.group);
      case 'run':
        if (summaryCommands.includes(message.command)) await commands.executeCommand(message.command);
        return;
      default:
        return message satisfies never;
    }
  }

  #refreshSoon(): void {
    if (this.#panel) this.#refreshing ??= setTimeout(() => void this.#refresh(), paceMs);
  }

  /** What comes while it counts asks anew: the last one counts what is there. A hidden page asks when it is shown again. */
  async #refresh(): Promise<void> {
    clearTimeout(this.#refreshing);
    this.#refreshing = undefined;
    // What earlier windows found is about to come: until then, the page shows what it did.
    const panel = this.#panel;
    if (!panel?.visible || !this.scan.isRestored) return;
    const run = ++this.#runs;
    const counts =
      this.scan.isRunning && this.#counts ? this.#counts : await corpusCounts(this.store, new TimeSlice());
    if (run !== this.#runs || this.#panel !== panel) return;
    this.#counts = counts;
    const snapshot = summarySnapshot(this.scan, counts, this.filter.isOn);
    const message: ToSummary = { type: 'snapshot', snapshot };
    void panel.webview.postMessage(message);
    this.#shown.fire(snapshot);
  }
}
