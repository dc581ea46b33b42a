import {
  type DecorationOptions,
  type Disposable,
  OverviewRulerLane,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
  workspace,
} from 'vscode';
import type { Level } from '../analysis/finding.js';
import { rangeOf } from './documentRange.js';
import { DisposableStore } from './disposableStore.js';
import { type EditorFinding, isShown, levelOfFinding, worstFirst } from './editorFinding.js';
import type { FindingStore } from './findingStore.js';
import { readSetting, settingsSection, shownSettings } from './settings.js';

/** Marks in one editor; more than that slows typing down, and nobody looks at them all. */
const mostInEditor = 300;

/** Marks payloads by level, and the frames that warn of them, in every visible editor. */
export class Decorations implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #frame = this.#owned.add(
    window.createTextEditorDecorationType({
      borderWidth: '0 0 0 2px',
      borderStyle: 'solid',
      borderColor: new ThemeColor('backfire.frameBorder'),
    }),
  );
  readonly #payload: Record<Level, TextEditorDecorationType> = {
    high: this.#payloadType('high'),
    medium: this.#payloadType('medium'),
    low: this.#payloadType('low'),
    none: this.#payloadType('none'),
  };

  constructor(private readonly store: FindingStore) {
    this.#owned.add(
      store.onDidChange((uri) => {
        for (const editor of window.visibleTextEditors) {
          if (editor.document.uri.toString() === uri.toString()) this.#show(editor);
        }
      }),
    );
    this.#owned.add(
      window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.#show(editor))),
    );
    this.#owned.add(
      workspace.onDidChangeConfiguration((change) => {
        if (!shownSettings.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`))) return;
        window.visibleTextEditors.forEach((editor) => this.#show(editor));
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #payloadType(level: Level): TextEditorDecorationType {
    return this.#owned.add(
      window.createTextEditorDecorationType({
        backgroundColor: new ThemeColor(`backfire.${level}Background`),
        borderWidth: '1px',
        borderStyle: level === 'high' ? 'solid' : level === 'medium' ? 'dashed' : 'dotted',
        borderColor: new ThemeColor(`backfire.${level}Border`),
        overviewRulerColor: new ThemeColor(`backfire.${level}Border`),
        overviewRulerLane: OverviewRulerLane.Right,
      }),
    );
  }

  #show(editor: TextEditor): void {
    const minimum = readSetting('minimumLevel');
    const kinds = readSetting('kinds');
    const shown = this.store
      .of(editor.document.uri)
      .filter((finding) => isShown(finding, minimum, kinds))
      .sort(worstFirst(kinds))
      .slice(0, mostInEditor);
    const ranges = (findings: readonly EditorFinding[]): DecorationOptions[] =>
      findings.map(({ payload }) => ({ range: rangeOf(editor.document, payload) }));
    for (const [level, type] of Object.entries(this.#payload)) {
      editor.setDecorations(
        type,
        ranges(shown.filter((finding) => levelOfFinding(finding, kinds) === level)),
      );
    }
    const frames = shown.flatMap(({ frame }) => (frame ? [{ range: rangeOf(editor.document, frame) }] : []));
    editor.setDecorations(this.#frame, frames);
  }
}
