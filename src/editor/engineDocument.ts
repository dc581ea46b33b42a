import type { TextDocument } from 'vscode';
import type { TextDocument as EngineDocument } from '../analysis/candidate.js';

/** The document as the analysis takes it. */
export function engineDocument(document: TextDocument): EngineDocument {
  const { languageId } = document;
  // `plaintext` is what VS Code says of a language that it does not know: the file's name then tells more.
  return {
    text: document.getText(),
    path: document.uri.path,
    ...(languageId === 'plaintext' ? {} : { languageId }),
  };
}
