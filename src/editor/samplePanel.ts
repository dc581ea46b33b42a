import { join } from 'node:path';
import {
  commands,
  type Disposable,
  EventEmitter,
  type Uri,
  ViewColumn,
  type WebviewPanel,
  window,
} from 'vscode';
import type { LensName } from '../analysis/lenses.js';
import { payloadOf } from '../analysis/measure/versions.js';
import type { AlternativesOfPanel } from './alternativesOfPanel.js';
import { DisposableStore } from './disposableStore.js';
import { type EditorFinding, worstFirst } from './editorFinding.js';
import type { FeaturesOfPanel } from './featuresOfPanel.js';
import { fileNameOf } from './findingGroups.js';
import type { FindingStore } from './findingStore.js';
import { showInlineActivations } from './inlineSettings.js';
import { openDocument } from './openDocument.js';
import { fillPanel } from './panelHtml.js';
import {
  type FromPanel,
  keptState,
  panelCommands,
  type PanelSnapshot,
  type ToPanel,
} from './panelMessages.js';
import { isSameSample, PanelHistory } from './panelHistory.js';
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
  readonly #drawn = this.#owned.add(new EventEmitter<void>());
  /** Told when a sample is on the screen. */
  readonly onDidDraw = this.#drawn.event;
  #panel: WebviewPanel | undefined;
  #snapshot = nothingYet;
  /** What is shown, as it was when it was measured, and what was shown before. */
  readonly #history: PanelHistory;

  /** `storage` is the workspace's folder for what lasts. */
  constructor(
    private readonly extensionUri: Uri,
    private readonly store: FindingStore,
    readonly features: FeaturesOfPanel,
    readonly alternatives: AlternativesOfPanel,
    storage: string | undefined,
  ) {
    const path = storage === undefined ? undefined : join(storage, 'panel-history.json');
    this.#history = new PanelHistory(path, () => store.nextId());
    this.#owned.add(store.onDidChange((uri) => this.#refresh(uri)));
    this.#owned.add(features.onDidChange(() => this.#send()));
    this.#owned.add(alternatives.onDidChange(() => this.#send()));
    this.#owned.add(
      window.registerWebviewPanelSerializer(panelType, {
        deserializeWebviewPanel: async (panel, state) => {
          await this.#history.restore();
          const { current } = this.#history;
          if (current) this.#refresh(current.uri);
          else this.#snapshot = keptState(state)?.snapshot ?? nothingYet;
          this.#adopt(panel);
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
    void this.#history.restore().then(() => {
      const { current } = this.#history;
      if (current) this.#refresh(current.uri);
    });
  }

  show(uri: Uri, finding: EditorFinding): void {
    this.#history.push({ uri, finding });
    this.features.back(true);
    this.#refresh(uri);
  }

  clear(): void {
    this.#history.clear();
    this.#snapshot = nothingYet;
    this.features.setSample(undefined, []);
    this.alternatives.setSample(undefined);
    this.#send();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#panel?.dispose();
  }

  #adopt(panel: WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    const listening = panel.webview.onDidReceiveMessage((message: FromPanel) => void this.#answer(message));
    panel.onDidDispose(() => {
      listening.dispose();
      if (this.#panel === panel) this.#panel = undefined;
    });
    fillPanel(panel, this.extensionUri, { name: 'panel', title: 'Backfire', language: 'en' });
  }

  #refresh(uri: Uri): void {
    const shown = this.#history.current;
    if (shown?.uri.toString() !== uri.toString()) return;
    const findings = [...this.store.of(uri)].sort(worstFirst(readSetting('kinds')));
    const known = findings.find((finding) => isSameSample(shown, { uri, finding }));
    // A scan keeps no tokens: those that are known of the same sample stay.
    const current = known && withTokensOf(known, shown.finding);
    if (current) this.#history.update(current);
    const { position, count } = this.#history;
    const placed = (finding: EditorFinding) => ({ finding, place: placeOf(uri, finding), isStale: false });
    this.#snapshot = snapshotOf(
      { ...placed(current ?? shown.finding), isStale: !current },
      findings.map(placed),
      { position, count },
    );
    const { window, result } = current ?? shown.finding;
    const sample = { ...window.sample, payload: payloadOf(window.sample) };
    this.alternatives.setSample(sample);
    this.features.setSample(sample, result.kind === 'measured' ? (result.features ?? []) : []);
    this.#send();
  }

  #send(): void {
    const message: ToPanel = {
      type: 'snapshot',
      snapshot: this.#snapshot,
      features: this.features.state,
      alternatives: this.alternatives.state,
    };
    void this.#panel?.webview.postMessage(message);
  }

  async #answer(message: FromPanel): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#send();
        return;
      case 'drawn':
        this.#drawn.fire();
        return;
      case 'select': {
        const uri = this.#history.current?.uri;
        // Not shown as it is: a scan kept nothing of its tokens.
        if (uri) await commands.executeCommand('backfire.explainFinding', uri.toString(), message.id);
        return;
      }
      case 'history': {
        this.#history.step(message.step);
        const { current } = this.#history;
        if (current) this.#refresh(current.uri);
        return;
      }
      case 'showInEditor':
        return this.#showInEditor(message.lens, message.feature);
      case 'readFeatures':
        return this.features.read(message.latents);
      case 'readAlternatives':
        return this.alternatives.read();
      case 'pin':
        return this.features.pin(message.feature, message.isPinned);
      case 'openFeature':
        // The command tells what is wrong.
        await commands.executeCommand('backfire.showFeature', message.feature);
        return;
      case 'backFromFeature':
        this.features.back(message.toSample);
        return;
      case 'tryText':
        return this.features.tryText(message.text);
      case 'reveal':
        return this.#reveal(message.part);
      case 'run':
        if (panelCommands.includes(message.command)) await commands.executeCommand(message.command);
        return;
      default:
        return message satisfies never;
    }
  }

  async #showInEditor(lens: LensName, feature?: number): Promise<void> {
    if (lens === 'feature') await commands.executeCommand('backfire.showFeatureInline', feature);
    else await showInlineActivations(lens);
    await this.#reveal('payload');
  }

  async #reveal(part: 'frame' | 'payload'): Promise<void> {
    const shown = this.#history.current;
    const span = shown && this.store.of(shown.uri).find(({ id }) => id === shown.finding.id)?.[part];
    if (!span) return;
    await revealSpan(shown.uri, () => span, ViewColumn.One);
  }
}

function withTokensOf(finding: EditorFinding, other: EditorFinding): EditorFinding {
  const isBare = finding.result.kind === 'measured' && !finding.result.tokens;
  if (!isBare || other.result.kind !== 'measured') return finding;
  return { ...finding, result: other.result, byEmbeddedModel: other.byEmbeddedModel };
}

function placeOf(uri: Uri, { payload, line }: EditorFinding): string {
  const document = openDocument(uri);
  return `${fileNameOf(uri)}:${(document ? document.positionAt(payload.start).line : line) + 1}`;
}
