import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { EditorFinding } from './editorFinding.js';
import { TimeSlice } from './timeSlice.js';

/** What was found in a file, true for every file of that name with the same text. */
export interface CachedFile {
  readonly uri: string;
  readonly hash: string;
  readonly findings: readonly Omit<EditorFinding, 'id'>[];
}

/** Lines that are written at once; what a crash loses of them is analyzed again. */
const unwrittenBytes = 256 * 1024;
/** The file is written anew when it holds this many times more lines than files. */
const mostWaste = 2;

/**
 * The results of scans, by file, kept over a reload of the window: a file of JSON lines to which each scan appends, where
 * the last line of a file counts. Its name holds what the results depend on besides the text, so that another model pack
 * or version of the extension begins a new one.
 */
export class ScanCache {
  readonly #files = new Map<string, CachedFile>();
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

  async put(file: CachedFile): Promise<void> {
    this.#files.set(file.uri, file);
    this.#unwritten += `${JSON.stringify(file)}\n`;
    this.#lines++;
    if (this.#unwritten.length > unwrittenBytes) await this.save();
  }

  remove(uri: string): void {
    this.#files.delete(uri);
  }

  async clear(): Promise<void> {
    this.#files.clear();
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

  async #load(): Promise<void> {
    const slice = new TimeSlice();
    try {
      for await (const line of createInterface({ input: createReadStream(this.path!) })) {
        await slice.pause();
        this.#lines++;
        const file = parsed(line);
        if (file) this.#files.set(file.uri, file);
        else this.#lines = Infinity; // The next save writes the file anew, without the damage.
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
    let lines = '';
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
function parsed(line: string): CachedFile | undefined {
  try {
    return JSON.parse(line) as CachedFile;
  } catch {
    return undefined;
  }
}

async function removeOthers(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const others = (await readdir(folder)).filter((each) => each.startsWith('scan-') && each !== name);
  for (const other of others) await rm(join(folder, other), { force: true });
}
