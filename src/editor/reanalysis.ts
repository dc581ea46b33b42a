import { type Disposable, type LogOutputChannel, type TextDocument, window, workspace } from 'vscode';
import type { Analyzer } from './analyzer.js';
import { DisposableStore } from './disposableStore.js';
import type { FindingStore } from './findingStore.js';
import type { RunningAnalyses } from './runningAnalyses.js';
import { readSetting } from './settings.js';

/** After the last keystroke: long enough that a word is not analyzed letter by letter. */
const quietMs = 600;

/**
 * Analyzes documents again by itself, as the setting `analyzeAgain` says: on saving, files that have or had findings; on
 * typing, what is visible. The active editor goes first, and an edit or a command takes the place of what is under way.
 */
export class Reanalysis implements Disposable {
  readonly #owned = new DisposableStore();
  /** Documents with findings, also when an edit took the last of them away. */
  readonly #known = new Set<string>();
  readonly #edited = new Set<TextDocument>();
  #quiet: NodeJS.Timeout | undefined;

  constructor(
    store: FindingStore,
    private readonly analyzer: Analyzer,
    private readonly running: RunningAnalyses,
    private readonly log: LogOutputChannel,
  ) {
    this.#owned.add(
      store.onDidChange((uri) => {
        if (store.of(uri).length > 0) this.#known.add(uri.toString());
      }),
    );
    this.#owned.add(store.onDidClear(() => this.#known.clear()));
    this.#owned.add(store.onDidOutdate((document) => this.#changed(document)));
    this.#owned.add(workspace.onDidSaveTextDocument((document) => this.#changed(document)));
    this.#owned.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && readSetting('analyzeAgain') === 'onType') this.#typed(document);
      }),
    );
    this.#owned.add(workspace.onDidCloseTextDocument((document) => this.#edited.delete(document)));
  }

  dispose(): void {
    clearTimeout(this.#quiet);
    this.#owned.dispose();
  }

  #changed(document: TextDocument): void {
    if (readSetting('analyzeAgain') === 'never' || !this.#known.has(document.uri.toString())) return;
    void this.#analyze(document);
  }

  #typed(document: TextDocument): void {
    this.running.cancel(document.uri.toString());
    this.#edited.add(document);
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.#analyzeVisible(), quietMs);
  }

  async #analyzeVisible(): Promise<void> {
    const editors = [window.activeTextEditor, ...window.visibleTextEditors].flatMap((editor) => editor ?? []);
    const documents = new Set(
      editors.map(({ document }) => document).filter((each) => this.#edited.has(each)),
    );
    for (const document of documents) {
      // An edit in the meantime has it wait for the next turn.
      if (this.#edited.delete(document)) await this.#analyze(document);
    }
  }

  /** Unasked work fails unseen: the log has the reason, and the person's next command tells it. */
  async #analyze(document: TextDocument): Promise<void> {
    try {
      await this.running.replace(document.uri.toString(), ({ signal }) =>
        this.analyzer.analyzeAgain(document, { signal, onProgress: () => {} }),
      );
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') return;
      this.log.warn(`${document.uri.path} was not analyzed again: ${String(error)}`);
    }
  }
}
