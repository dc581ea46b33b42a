import {
  CodeAction,
  CodeActionKind,
  type CodeActionContext,
  type Disposable,
  languages,
  type Range,
  type TextDocument,
  WorkspaceEdit,
} from 'vscode';
import { insertSuppression } from '../analysis/suppressionInsertion.js';
import { rangeOf } from './documentRange.js';
import { type EditorFinding, suppressibleOf } from './editorFinding.js';
import { engineDocument } from './engineDocument.js';
import type { FindingStore } from './findingStore.js';

/** A quick fix on each of our problems: a comment that suppresses it, in the syntax of the place. */
export function offerSuppressions(store: FindingStore): Disposable {
  const provider = {
    provideCodeActions: (
      document: TextDocument,
      _: Range,
      { diagnostics }: CodeActionContext,
    ): CodeAction[] =>
      diagnostics
        .filter(({ source }) => source === 'Backfire')
        .flatMap((diagnostic) => {
          const finding = store
            .of(document.uri)
            .find(({ payload }) => rangeOf(document, payload).isEqual(diagnostic.range));
          const action = finding === undefined ? undefined : suppressAction(document, finding);
          if (action === undefined) return [];
          action.diagnostics = [diagnostic];
          return [action];
        }),
  };
  return languages.registerCodeActionsProvider({ pattern: '**' }, provider, {
    providedCodeActionKinds: [CodeActionKind.QuickFix],
  });
}

/** The finding goes as soon as the comment stands: see FindingStore. */
function suppressAction(document: TextDocument, finding: EditorFinding): CodeAction | undefined {
  const { frame, payload, rule } = suppressibleOf(finding);
  const insertion = insertSuppression(engineDocument(document), {
    ...(frame ? { frame } : {}),
    payload,
    ...(rule === undefined ? {} : { rule }),
  });
  if (insertion === undefined) return undefined;
  const action = new CodeAction('Backfire: Suppress here', CodeActionKind.QuickFix);
  action.edit = new WorkspaceEdit();
  action.edit.insert(document.uri, document.positionAt(insertion.offset), insertion.text);
  return action;
}
