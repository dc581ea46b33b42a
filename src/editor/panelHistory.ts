import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Uri } from 'vscode';
import type { EditorFinding } from './editorFinding.js';

/** A finding as it was when it was shown. */
export interface ShownFinding {
  readonly uri: Uri;
  readonly finding: EditorFinding;
}

interface KeptHistory {
  readonly format: 1;
  readonly position: number;
  readonly entries: readonly { readonly uri: string; readonly finding: EditorFinding }[];
}

/** Some 100 bytes a token are kept: the history of long samples is shorter. */
const mostEntries = 30;
const mostTokens = 30_000;

/** The samples that the panel has shown, the oldest first, with a place among them: like the pages of a browser. Kept in a file. */
export class PanelHistory {
  #entries: ShownFinding[] = [];
  #position = -1;
  #saving: Promise<void> = Promise.resolve();
  #restored: Promise<void> | undefined;

  /**
   * @param path undefined where there is no storage: then the history lasts as long as the window
   * @param nextId ids for what is read: those of an earlier window may be another's by now
   */
  constructor(
    private readonly path: string | undefined,
    private readonly nextId: () => string,
  ) {}

  get current(): ShownFinding | undefined {
    return this.#entries[this.#position];
  }

  get position(): number {
    return this.#position;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Goes on from the current one: what was ahead of it is forgotten. The same sample again takes its own place. */
  push(shown: ShownFinding): void {
    const { current } = this;
    if (current && isSameSample(current, shown)) this.#entries[this.#position] = shown;
    else this.#entries = bounded([...this.#entries.slice(0, this.#position + 1), shown]);
    this.#position = this.#entries.length - 1;
    this.#save();
  }

  /** The current one as it is now. */
  update(finding: EditorFinding): void {
    const { current } = this;
    if (current) this.#entries[this.#position] = { ...current, finding };
  }

  step(by: -1 | 1): void {
    this.#position = Math.min(Math.max(this.#position + by, 0), this.#entries.length - 1);
    this.#save();
  }

  clear(): void {
    this.#restored ??= Promise.resolve(); // Nor what an earlier window left.
    this.#entries = [];
    this.#position = -1;
    this.#save();
  }

  /** Reads what an earlier window left, once; it comes before what was shown since. */
  restore(): Promise<void> {
    return (this.#restored ??= this.#restore());
  }

  async #restore(): Promise<void> {
    const kept = this.path === undefined ? undefined : await readHistory(this.path);
    if (!kept) return;
    const entries = kept.entries.map(({ uri, finding }) => ({
      uri: Uri.parse(uri),
      finding: { ...finding, id: this.nextId() },
    }));
    const isFresh = this.#entries.length === 0;
    const all = [...entries, ...this.#entries];
    this.#entries = bounded(all);
    const lost = all.length - this.#entries.length;
    this.#position = isFresh ? Math.max(0, kept.position - lost) : this.#entries.length - 1;
  }

  /** One after the other, each whole, what was kept before among it. A history that can't be kept is no reason to bother anybody. */
  #save(): void {
    const { path } = this;
    if (path === undefined) return;
    this.#saving = this.#saving
      .then(() => this.restore())
      .then(() => writeHistory(path, this.#kept()))
      .catch(() => {});
  }

  #kept(): KeptHistory {
    const entries = this.#entries.map(({ uri, finding }) => ({ uri: uri.toString(), finding }));
    return { format: 1, position: this.#position, entries };
  }
}

/** Whether two findings are of one sample at one place, be it measured anew. */
export function isSameSample(a: ShownFinding, b: ShownFinding): boolean {
  if (a.uri.toString() !== b.uri.toString()) return false;
  if (a.finding.id === b.finding.id) return true;
  const { text, payload } = a.finding.window.sample;
  const other = b.finding.window.sample;
  return (
    a.finding.payload.start === b.finding.payload.start &&
    text === other.text &&
    payload?.start === other.payload?.start &&
    payload?.end === other.payload?.end
  );
}

/** The newest that are not too many; the last of them in any case. */
function bounded(entries: readonly ShownFinding[]): ShownFinding[] {
  let left = mostTokens;
  const kept: ShownFinding[] = [];
  for (const entry of entries.toReversed()) {
    const { result } = entry.finding;
    left -= result.kind === 'measured' ? (result.tokens?.length ?? 0) + (result.bareTokens?.length ?? 0) : 0;
    if (kept.length > 0 && (left < 0 || kept.length >= mostEntries)) break;
    kept.unshift(entry);
  }
  return kept;
}

async function readHistory(path: string): Promise<KeptHistory | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Partial<KeptHistory>;
    return kept.format === 1 && kept.entries?.length ? (kept as KeptHistory) : undefined;
  } catch {
    return undefined; // There is none yet, or it is damaged.
  }
}

async function writeHistory(path: string, kept: KeptHistory): Promise<void> {
  if (kept.entries.length === 0) return rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(kept));
  await rename(`${path}.new`, path);
}
