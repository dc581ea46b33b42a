import { Selection, TextEditorRevealType, type Uri, ViewColumn, window, workspace } from 'vscode';
import type { Span } from '../analysis/span.js';
import { rangeOf } from './documentRange.js';

/** Opens the file and selects the span that `find` gives once it is open; false when there is none by then. */
export async function revealSpan(
  uri: Uri,
  find: () => Span | undefined,
  column = ViewColumn.Active,
): Promise<boolean> {
  const document = await workspace.openTextDocument(uri);
  const editor = await window.showTextDocument(document, column);
  const span = find();
  if (!span) return false;
  const range = rangeOf(document, span);
  editor.selection = new Selection(range.start, range.end);
  editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  return true;
}
