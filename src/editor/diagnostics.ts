import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  type Disposable,
  l10n,
  languages,
  Location,
  Range,
  type TextDocument,
  Uri,
  workspace,
} from 'vscode';
import type { Level } from '../analysis/levelNames.js';
import { documentSuppressions } from '../analysis/documentSuppressions.js';
import { rangeOf } from './documentRange.js';
import { DisposableStore } from './disposableStore.js';
import {
  codeOf,
  type EditorFinding,
  isShown,
  levelOfFinding,
  sentenceOf,
  subjectOf,
  titleOf,
  worstFirst,
} from './editorFinding.js';
import { engineDocument } from './engineDocument.js';
import type { FindingStore } from './findingStore.js';
import { openDocument } from './openDocument.js';
import { readSetting, settingsSection, shownSettings } from './settings.js';

const mostInFile = 100;

const severities: Record<Level, DiagnosticSeverity> = {
  high: DiagnosticSeverity.Warning,
  medium: DiagnosticSeverity.Warning,
  low: DiagnosticSeverity.Information,
  none: DiagnosticSeverity.Hint,
};

/** The findings as problems: the payload is marked, the frame is joined to it as related information. */
export class Diagnostics implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #collection = this.#owned.add(languages.createDiagnosticCollection('backfire'));

  /** Rule pages are found in `extensionUri`. */
  constructor(
    private readonly store: FindingStore,
    private readonly extensionUri: Uri,
  ) {
    this.#owned.add(store.onDidChange((uri) => this.#show(uri)));
    this.#owned.add(
      workspace.onDidChangeConfiguration((change) => {
        if (!shownSettings.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`))) return;
        for (const { uri } of workspace.textDocuments) this.#show(uri);
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #show(uri: Uri): void {
    const document = openDocument(uri);
    const minimum = readSetting('minimumLevel');
    const kinds = readSetting('kinds');
    const findings = this.store.of(uri).filter((finding) => isShown(finding, minimum, kinds));
    const problems = (document && documentSuppressions(engineDocument(document))?.problems) ?? [];
    if (!document || findings.length + problems.length === 0) {
      this.#collection.delete(uri);
      return;
    }
    const shown = [...findings].sort(worstFirst(kinds)).slice(0, mostInFile);
    const diagnostics = shown.map((finding) =>
      diagnosticOf(document, finding, levelOfFinding(finding, kinds), this.extensionUri),
    );
    diagnostics.push(...problems.map(({ line, message }) => problemOf(document, line - 1, message)));
    if (findings.length > shown.length) diagnostics.push(summaryOf(findings.length, shown.length));
    this.#collection.set(uri, diagnostics);
  }
}

function diagnosticOf(
  document: TextDocument,
  finding: EditorFinding,
  level: Level,
  extensionUri: Uri,
): Diagnostic {
  const { frame, payload } = finding;
  const message = l10n.t('{0}, about {1}. {2}', titleOf(finding), subjectOf(finding), sentenceOf(finding));
  const diagnostic = new Diagnostic(rangeOf(document, payload), message, severities[level]);
  diagnostic.source = 'Backfire';
  const code = codeOf(finding);
  const page = Uri.joinPath(extensionUri, 'docs', 'rules', `${code}.md`);
  diagnostic.code = finding.origin.kind === 'rule' ? { value: code, target: page } : code;
  if (frame) {
    const related = (span: typeof frame, text: string) =>
      new DiagnosticRelatedInformation(new Location(document.uri, rangeOf(document, span)), text);
    diagnostic.relatedInformation = [
      related(frame, l10n.t('Frame: what warns')),
      related(payload, l10n.t('Payload: what it warns against')),
    ];
  }
  return diagnostic;
}

/** A suppression that does nothing, or not all that it says. */
function problemOf(document: TextDocument, line: number, message: string): Diagnostic {
  const { range } = document.lineAt(Math.min(line, document.lineCount - 1));
  const diagnostic = new Diagnostic(range, message, DiagnosticSeverity.Information);
  diagnostic.source = 'Backfire';
  diagnostic.code = 'suppression';
  return diagnostic;
}

function summaryOf(all: number, shown: number): Diagnostic {
  const message = l10n.t(
    '{0} more findings in this file; the {1} worst are listed. The Findings view has more.',
    all - shown,
    shown,
  );
  const diagnostic = new Diagnostic(new Range(0, 0, 0, 0), message, DiagnosticSeverity.Information);
  diagnostic.source = 'Backfire';
  diagnostic.code = 'more-findings';
  return diagnostic;
}
