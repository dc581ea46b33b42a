import { type TextDocument, type Uri, workspace } from 'vscode';

/** The document of a file, when one is open, be it visible or not. */
export function openDocument(uri: Uri): TextDocument | undefined {
  const key = uri.toString();
  return workspace.textDocuments.find((document) => document.uri.toString() === key);
}
