import { type Disposable, EventEmitter, type TextDocument, type Uri, workspace } from 'vscode';
import { DisposableStore } from './disposableStore.js';
import { documentSuppressions } from '../analysis/documentSuppressions.js';
import { type EditorFinding, suppressibleOf } from './editorFinding.js';
import { engineDocument } from './engineDocument.js';
import { movedBy, type TextEdit } from './textEdits.js';

/** What happened to a document since an analysis began, so that its results can be placed, or are dropped. */
export interface DocumentWatch {
  /** Ends the watch. */
  dispose(): void;
  readonly closed: boolean;
  /** The findings where they stand now, without those whose text has changed. */
  place(findings: readonly EditorFinding[]): EditorFinding[];
}

interface Watched {
  readonly edits: TextEdit[];
  closed: boolean;
}

/** The findings of the open documents. They move with edits around them, fall to edits inside, and go with the document. */
export class FindingStore implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<Uri>());
  readonly #findings = new Map<string, readonly EditorFinding[]>();
  readonly #watches = new Map<string, Set<Watched>>();

  /** Told of each document whose findings changed or moved. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#owned.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) =>
        this.#edited(document, contentChanges),
      ),
    );
    this.#owned.add(workspace.onDidCloseTextDocument(({ uri }) => this.#closed(uri)));
  }

  of(uri: Uri): readonly EditorFinding[] {
    return this.#findings.get(uri.toString()) ?? [];
  }

  get isEmpty(): boolean {
    return this.#findings.size === 0;
  }

  set(uri: Uri, findings: readonly EditorFinding[]): void {
    const key = uri.toString();
    if (findings.length > 0) this.#findings.set(key, findings);
    else this.#findings.delete(key);
    this.#changed.fire(uri);
  }

  clear(): void {
    const uris = [...this.#findings.keys()];
    this.#findings.clear();
    for (const document of workspace.textDocuments) {
      if (uris.includes(document.uri.toString())) this.#changed.fire(document.uri);
    }
  }

  watch({ uri, isClosed }: TextDocument): DocumentWatch {
    const key = uri.toString();
    const watched: Watched = { edits: [], closed: isClosed };
    const watches = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, watches.add(watched));
    return {
      get closed() {
        return watched.closed;
      },
      place: (findings) => findings.flatMap((finding) => movedBy(finding, watched.edits) ?? []),
      dispose: () => {
        watches.delete(watched);
        if (watches.size === 0 && this.#watches.get(key) === watches) this.#watches.delete(key);
      },
    };
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #edited(document: TextDocument, edits: readonly TextEdit[]): void {
    if (edits.length === 0) return;
    const { uri } = document;
    const key = uri.toString();
    for (const watched of this.#watches.get(key) ?? []) watched.edits.push(...edits);
    const findings = this.#findings.get(key);
    if (!findings) return;
    const moved = findings.flatMap((finding) => movedBy(finding, edits) ?? []);
    // A suppression takes effect as it is written; taking it away asks for a new analysis.
    const suppressions = documentSuppressions(engineDocument(document));
    this.set(
      uri,
      moved.filter((finding) => suppressions?.of(suppressibleOf(finding)) === undefined),
    );
  }

  #closed(uri: Uri): void {
    for (const watched of this.#watches.get(uri.toString()) ?? []) watched.closed = true;
    this.set(uri, []);
  }
}
