import {
  CodeAction,
  CodeActionKind,
  type CodeActionContext,
  type Disposable,
  l10n,
  languages,
  Range,
  type TextDocument,
  WorkspaceEdit,
} from 'vscode';
import { deletePayload } from '../analysis/remedies.js';
import { insertSuppression } from '../analysis/suppressionInsertion.js';
import { rangeOf } from './documentRange.js';
import { type EditorFinding, suppressibleOf } from './editorFinding.js';
import { engineDocument } from './engineDocument.js';
import type { FindingStore } from './findingStore.js';

/** Something that can be done about a finding here and now. */
export interface Fix {
  readonly title: string;
  /** What it would leave of the lesson, measured; empty for a suppression, which changes nothing of it. */
  readonly effect: string;
  /** Made when it is chosen, for the document as it is then. */
  readonly edit: WorkspaceEdit;
}

/** Quick fixes on each of our problems. */
export function offerFixes(store: FindingStore): Disposable {
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
          const fixes = finding === undefined ? [] : fixesOf(document, finding);
          return fixes.map(({ title, effect, edit }) => {
            const label = `Backfire: ${title}${effect === '' ? '' : ` (${effect})`}`;
            const action = new CodeAction(label, CodeActionKind.QuickFix);
            action.edit = edit;
            action.diagnostics = [diagnostic];
            return action;
          });
        }),
  };
  return languages.registerCodeActionsProvider({ pattern: '**' }, provider, {
    providedCodeActionKinds: [CodeActionKind.QuickFix],
  });
}

/** The remedies that are edits of this document, each with its measured effect, then the comment that suppresses. */
export function fixesOf(document: TextDocument, finding: EditorFinding): Fix[] {
  const suppression = suppressionOf(document, finding);
  return [...remediesOf(document, finding), ...(suppression ? [suppression] : [])];
}

function remediesOf(document: TextDocument, { result, payload }: EditorFinding): Fix[] {
  const remedies = result.kind === 'measured' ? result.remedies : [];
  const deletion = remedies.find((remedy) => remedy.startsWith(deletePayload));
  if (deletion === undefined) return [];
  const edit = new WorkspaceEdit();
  // Shown first: what is deleted may be more or less than a person has in mind.
  const metadata = { needsConfirmation: true, label: l10n.t('Backfire: delete the payload') };
  edit.delete(document.uri, wholeLines(document, rangeOf(document, payload)), metadata);
  const effect = deletion.slice(deletePayload.length).replace(/^: /, '');
  return [{ title: l10n.t('Delete the payload, keep the explanation'), effect, edit }];
}

/** The lines themselves, where nothing else stands on them. */
function wholeLines(document: TextDocument, { start, end }: Range): Range {
  const before = document.lineAt(start).text.slice(0, start.character);
  const after = document.lineAt(end).text.slice(end.character);
  if (before.trim() !== '' || after.trim() !== '') return new Range(start, end);
  const last = document.lineAt(end).rangeIncludingLineBreak.end;
  return new Range(start.with({ character: 0 }), end.character === 0 ? end : last);
}

/** The finding goes as soon as the comment stands: see FindingStore. */
export function suppressionOf(document: TextDocument, finding: EditorFinding): Fix | undefined {
  const { frame, payload, rule } = suppressibleOf(finding);
  const insertion = insertSuppression(engineDocument(document), {
    ...(frame ? { frame } : {}),
    payload,
    ...(rule === undefined ? {} : { rule }),
  });
  if (insertion === undefined) return undefined;
  const edit = new WorkspaceEdit();
  edit.insert(document.uri, document.positionAt(insertion.offset), insertion.text);
  return { title: l10n.t('Suppress here'), effect: '', edit };
}
