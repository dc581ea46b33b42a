import { type TextEditor, window } from 'vscode';

/** The editor that a person means: the active one, or while the panel has the focus, the one beside it. */
export function editorInUse(): TextEditor | undefined {
  return window.activeTextEditor ?? window.visibleTextEditors[0];
}
