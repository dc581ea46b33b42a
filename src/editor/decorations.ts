import {
  type Disposable,
  OverviewRulerLane,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  Uri,
  window,
  workspace,
} from 'vscode';
import { type Level, levels } from '../analysis/levelNames.js';
import { rangeOf } from './documentRange.js';
import { DisposableStore } from './disposableStore.js';
import { type EditorFinding, levelOfFinding } from './editorFinding.js';
import type { FindingStore } from './findingStore.js';
import { readSetting, settingsSection, shownSettings } from './settings.js';
import { findingsInEditor } from './shownFindings.js';

/** Marks payloads by level, in the text, the gutter and the ruler, and the frames that warn of them, in every visible editor. */
export class Decorations implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #frame = this.#owned.add(
    window.createTextEditorDecorationType({
      borderWidth: '0 0 0 2px',
      borderStyle: 'solid',
      borderColor: new ThemeColor('backfire.frameBorder'),
    }),
  );
  readonly #payload = this.#payloadTypes(true);
  /** Without a background, so that the colours of inline activations are those of their measure alone. */
  readonly #outline = this.#payloadTypes(false);

  /** Apart from the payloads, which would have the icon on each of their lines. */
  readonly #gutter: Record<Level, TextEditorDecorationType>;

  /** Icons are found in `extensionUri`. */
  constructor(
    private readonly store: FindingStore,
    extensionUri: Uri,
  ) {
    const gutter = (level: Level) => this.#owned.add(gutterType(level, extensionUri));
    this.#gutter = {
      high: gutter('high'),
      medium: gutter('medium'),
      low: gutter('low'),
      none: gutter('none'),
    };
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
        const names = [...shownSettings, 'inlineActivations'];
        if (!names.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`))) return;
        window.visibleTextEditors.forEach((editor) => this.#show(editor));
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #payloadTypes(hasBackground: boolean): Record<Level, TextEditorDecorationType> {
    const type = (level: Level) => this.#payloadType(level, hasBackground);
    return { high: type('high'), medium: type('medium'), low: type('low'), none: type('none') };
  }

  #payloadType(level: Level, hasBackground: boolean): TextEditorDecorationType {
    return this.#owned.add(
      window.createTextEditorDecorationType({
        ...(hasBackground ? { backgroundColor: new ThemeColor(`backfire.${level}Background`) } : {}),
        borderWidth: '1px',
        borderStyle: level === 'high' ? 'solid' : level === 'medium' ? 'dashed' : 'dotted',
        borderColor: new ThemeColor(`backfire.${level}Border`),
        overviewRulerColor: new ThemeColor(`backfire.${level}Border`),
        overviewRulerLane: OverviewRulerLane.Right,
      }),
    );
  }

  #show(editor: TextEditor): void {
    const { document } = editor;
    const kinds = readSetting('kinds');
    const shown = findingsInEditor(this.store, document.uri);
    const ranges = (findings: readonly EditorFinding[]) =>
      findings.map(({ payload }) => rangeOf(document, payload));
    const [used, unused] = readSetting('inlineActivations.enabled')
      ? [this.#outline, this.#payload]
      : [this.#payload, this.#outline];
    for (const level of levels) {
      const marked = ranges(shown.filter((finding) => levelOfFinding(finding, kinds) === level));
      editor.setDecorations(used[level], marked);
      editor.setDecorations(unused[level], []);
      editor.setDecorations(
        this.#gutter[level],
        marked.map(({ start }) => new Range(start, start)),
      );
    }
    editor.setDecorations(
      this.#frame,
      shown.flatMap(({ frame }) => (frame ? [rangeOf(document, frame)] : [])),
    );
  }
}

function gutterType(level: Level, extensionUri: Uri): TextEditorDecorationType {
  const icon = (theme: 'dark' | 'light') => ({
    gutterIconPath: Uri.joinPath(extensionUri, 'media', 'gutter', `${level}-${theme}.svg`),
  });
  return window.createTextEditorDecorationType({
    gutterIconSize: 'contain',
    dark: icon('dark'),
    light: icon('light'),
  });
}
