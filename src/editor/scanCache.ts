import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { EditorFinding } from './editorFinding.js';
import type { ScanCost } from './scanCost.js';
import { TimeSlice } from './timeSlice.js';

/** What was found in a file, true for every file of that name with the same text. */
export interface CachedFile {
  readonly uri: string;
  readonly hash: string;
  readonly findings: readonly Omit<EditorFinding, 'id'>[];
}

/** A line of the file. */
type CacheLine = CachedFile | { readonly cost: ScanCost };

/** Lines that are written at once; what a crash loses of them is analyzed again. */
const unwrittenBytes = 256 * 1024;
/** The file is written anew when it holds this many times more lines than files. */
const mostWaste = 2;

/**
 * The results of scans, by file, and what the last scan cost, kept over a reload of the window: a file of JSON lines to which each
 * scan appends, where the last line of a file counts. Its name holds what the results depend on besides the text, so that another model pack
 * or version of the extension begins a new one.
 */
export class ScanCache {
  readonly #files = new Map<string, CachedFile>();
  #cost: ScanCost | undefined;
  #unwritten = '';
  #lines = 0;

  /** `path` is undefined where there is no storage: then results last as long as the window. */
  private constructor(private readonly path: string | undefined) {}

  /** What can't be read is analyzed again; rejects with the system's error when the folder can't be made. */
  static async open(folder: string | undefined, key: string): Promise<ScanCache> {
    const name = `scan-${key}.jsonl`;
    const cache = new ScanCache(folder === undefined ? undefined : join(folder, name));
    if (folder !== undefined) {
      await removeOthers(folder, name);
      await cache.#load();
    }
    return cache;
  }

  get(uri: string, hash: string): CachedFile | undefined {
    const file = this.#files.get(uri);
    return file?.hash === hash ? file : undefined;
  }

  has(uri: string): boolean {
    return this.#files.has(uri);
  }

  all(): Iterable<CachedFile> {
    return this.#files.values();
  }

  /** Of the last scan. */
  get cost(): ScanCost | undefined {
    return this.#cost;
  }

  /** Written with the next save. */
  setCost(cost: ScanCost): void {
    this.#cost = cost;
    this.#append({ cost });
  }

  async put(file: CachedFile): Promise<void> {
    this.#files.set(file.uri, file);
    this.#append(file);
    if (this.#unwritten.length > unwrittenBytes) await this.save();
  }

  remove(uri: string): void {
    this.#files.delete(uri);
  }

  async clear(): Promise<void> {
    this.#files.clear();
    this.#cost = undefined;
    this.#unwritten = '';
    this.#lines = 0;
    if (this.path !== undefined) await rm(this.path, { force: true });
  }

  /** Rejects with the system's error when the storage can't be written. */
  async save(): Promise<void> {
    if (this.path === undefined) return;
    const lines = this.#unwritten;
    this.#unwritten = '';
    if (this.#lines > mostWaste * this.#files.size + 100) await this.#rewrite(this.path);
    else if (lines !== '') await appendFile(this.path, lines);
  }

  #append(line: CacheLine): void {
    this.#unwritten += `${JSON.stringify(line)}\n`;
    this.#lines++;
  }

  async #load(): Promise<void> {
    const slice = new TimeSlice();
    try {
      for await (const line of createInterface({ input: createReadStream(this.path!) })) {
        await slice.pause();
        this.#lines++;
        const kept = parsed(line);
        if (!kept)
          this.#lines = Infinity; // The next save writes the file anew, without the damage.
        else if ('cost' in kept) this.#cost = kept.cost;
        else this.#files.set(kept.uri, kept);
      }
    } catch {
      // There is none yet, or it can't be read.
    }
  }

  /** Beside it first, so that there is always a whole one. */
  async #rewrite(path: string): Promise<void> {
    const slice = new TimeSlice();
    const fresh = `${path}.new`;
    await writeFile(fresh, '');
    let lines = this.#cost ? `${JSON.stringify({ cost: this.#cost })}\n` : '';
    for (const file of this.#files.values()) {
      await slice.pause();
      lines += `${JSON.stringify(file)}\n`;
      if (lines.length < unwrittenBytes) continue;
      await appendFile(fresh, lines);
      lines = '';
    }
    await appendFile(fresh, lines);
    await rename(fresh, path);
    this.#lines = this.#files.size;
  }
}

/** Undefined for a line that was cut off when the window went. */
function parsed(line: string): CacheLine | undefined {
  try {
    return JSON.parse(line) as CacheLine;
  } catch {
    return undefined;
  }
}

async function removeOthers(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const others = (await readdir(folder)).filter((each) => each.startsWith('scan-') && each !== name);
  for (const other of others) await rm(join(folder, other), { force: true });
}
