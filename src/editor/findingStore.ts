import { type Disposable, EventEmitter, type TextDocument, type Uri, workspace } from 'vscode';
import { DisposableStore } from './disposableStore.js';
import { documentSuppressions } from '../analysis/documentSuppressions.js';
import { type EditorFinding, type Remeasured, suppressibleOf } from './editorFinding.js';
import { engineDocument } from './engineDocument.js';
import { hashOfText } from './fileText.js';
import { openDocument } from './openDocument.js';
import { movedBy, type Spans, type TextEdit } from './textEdits.js';

/** What happened to a document since an analysis began, so that its results can be placed, or are dropped. */
export interface DocumentWatch {
  /** Ends the watch. */
  dispose(): void;
  readonly closed: boolean;
  /** What has a frame and a payload where they stand now, without that of which the text has changed. */
  place<T extends Spans>(placed: readonly T[]): T[];
}

/** The findings of one file; `hash` is that of its text, as long as no document of it is open. */
export interface FileFindings {
  readonly uri: Uri;
  readonly findings: readonly EditorFinding[];
  readonly hash?: string;
}

interface Watched {
  readonly edits: TextEdit[];
  closed: boolean;
}

/**
 * The findings of documents and of files. Those of an open document move with edits around them and fall to edits inside.
 * Those of a closed file stand as long as its text is the one that was analyzed: they wait with its hash, and a document
 * that opens with another text gets none of them.
 */
export class FindingStore implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<Uri>());
  readonly #outdated = this.#owned.add(new EventEmitter<TextDocument>());
  readonly #cleared = this.#owned.add(new EventEmitter<void>());
  readonly #findings = new Map<string, FileFindings>();
  readonly #watches = new Map<string, Set<Watched>>();

  /** Told of each document whose findings changed or moved. */
  readonly onDidChange = this.#changed.event;
  /** Told of each document that opened with another text than its findings were for: they are gone. */
  readonly onDidOutdate = this.#outdated.event;
  /** Told when a person wants none of them any more. */
  readonly onDidClear = this.#cleared.event;
  #lastId = 0;

  constructor() {
    this.#owned.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) =>
        this.#edited(document, contentChanges),
      ),
    );
    this.#owned.add(workspace.onDidOpenTextDocument((document) => this.#opened(document)));
    this.#owned.add(workspace.onDidCloseTextDocument((document) => this.#closed(document)));
  }

  /** For a new finding. */
  nextId(): string {
    return String(++this.#lastId);
  }

  of(uri: Uri): readonly EditorFinding[] {
    return this.#findings.get(uri.toString())?.findings ?? [];
  }

  find(uri: Uri, id: string): EditorFinding | undefined {
    return this.of(uri).find((finding) => finding.id === id);
  }

  /** Of the text that the findings of a closed file are for; undefined without findings, and while it is open. */
  hashOf(uri: Uri): string | undefined {
    return this.#findings.get(uri.toString())?.hash;
  }

  /** Every file that has findings. */
  all(): Iterable<FileFindings> {
    return this.#findings.values();
  }

  get isEmpty(): boolean {
    return this.#findings.size === 0;
  }

  /** Of an open document, as it is now. */
  set(uri: Uri, findings: readonly EditorFinding[]): void {
    this.#keep({ uri, findings });
  }

  /** Of a file whose text has this hash. Nothing is kept, and the answer is false, when it is open with another text. */
  setOfFile(uri: Uri, findings: readonly EditorFinding[], hash: string): boolean {
    const document = openDocument(uri);
    if (document && hashOfText(document.getText()) !== hash) return false;
    this.#keep({ uri, findings, ...(document ? {} : { hash }) });
    return true;
  }

  /** A finding that was measured again. */
  setResult(uri: Uri, id: string, measured: Remeasured): void {
    const known = this.#findings.get(uri.toString());
    if (!known) return;
    this.#keep({
      ...known,
      findings: known.findings.map((each) => (each.id === id ? { ...each, ...measured } : each)),
    });
  }

  /** Forgets those of a file, or of all files in a folder. */
  remove(removed: Uri): void {
    for (const { uri } of [...this.#findings.values()]) if (isWithin(uri, removed)) this.set(uri, []);
  }

  clear(): void {
    const files = [...this.#findings.values()];
    this.#findings.clear();
    for (const { uri } of files) this.#changed.fire(uri);
    this.#cleared.fire();
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
      place: (placed) => placed.flatMap((each) => movedBy(each, watched.edits) ?? []),
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
    const findings = this.of(uri);
    if (findings.length === 0) return;
    const moved = findings.flatMap((finding) => movedBy(finding, edits) ?? []);
    // A suppression takes effect as it is written; taking it away asks for a new analysis.
    const suppressions = documentSuppressions(engineDocument(document));
    this.set(
      uri,
      moved.filter((finding) => suppressions?.of(suppressibleOf(finding)) === undefined),
    );
  }

  #keep(file: FileFindings): void {
    const key = file.uri.toString();
    if (file.findings.length > 0) this.#findings.set(key, file);
    else this.#findings.delete(key);
    this.#changed.fire(file.uri);
  }

  #opened(document: TextDocument): void {
    const known = this.#findings.get(document.uri.toString());
    if (!known) return;
    if (known.hash === hashOfText(document.getText())) {
      this.set(known.uri, known.findings);
    } else {
      this.set(known.uri, []);
      this.#outdated.fire(document);
    }
  }

  /** What was never saved is gone, and its findings with it. */
  #closed(document: TextDocument): void {
    const { uri } = document;
    for (const watched of this.#watches.get(uri.toString()) ?? []) watched.closed = true;
    const findings = this.of(uri);
    if (findings.length === 0) return;
    const isLost = document.isUntitled || document.isDirty;
    const line = ({ payload }: EditorFinding) => document.positionAt(payload.start).line;
    const kept = isLost ? [] : findings.map((finding) => ({ ...finding, line: line(finding) }));
    this.#keep({ uri, findings: kept, hash: hashOfText(document.getText()) });
  }
}

function isWithin(uri: Uri, outer: Uri): boolean {
  const [inside, folder] = [uri.toString(), outer.toString()];
  return inside === folder || inside.startsWith(`${folder}/`);
}
