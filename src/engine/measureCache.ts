import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import type { Sample } from '../analysis/sample.js';

/** Results that one run adds at most, and that are left when the cache is swept: some 8 KB each. */
const mostResults = 20_000;
const daysBetweenSweeps = 1;

/** Not above: commands that measure nothing need not wait for it. */
const loadStore = () => import('cacache');

export interface MeasureCacheOptions {
  readonly folder: string;
  readonly packFolder: string;
  /** The bundle that runs as the engine's process. */
  readonly serverEntry: string;
  /** Told once when the cache can't be used; the measures come all the same. */
  readonly onTrouble?: (message: string) => void;
}

/**
 * Results of earlier runs by the hash of the sample, on disk, for all processes of a user. Hashes and numbers are kept, no text.
 * Another pack or another build of the engine finds nothing of what this one stored; what was damaged counts as not stored.
 */
export class MeasureCache {
  #stored = 0;
  #isTroubled = false;
  #basis: Promise<string> | undefined;

  constructor(private readonly options: MeasureCacheOptions) {}

  async get(sample: Sample): Promise<MeasureResult | undefined> {
    const key = await this.#key(sample);
    const cacache = await loadStore();
    try {
      return JSON.parse((await cacache.get(this.options.folder, key)).data.toString()) as MeasureResult;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EINTEGRITY' || code === 'EBADSIZE') await this.#removeDamaged(key);
      else if (code !== 'ENOENT') this.#trouble(error);
      return undefined;
    }
  }

  /** Failures are not kept: the next run may do better. */
  async put(sample: Sample, result: MeasureResult): Promise<void> {
    if (result.kind !== 'measured' || this.#stored >= mostResults || this.#isTroubled) return;
    this.#stored++;
    const cacache = await loadStore();
    try {
      await cacache.put(this.options.folder, await this.#key(sample), JSON.stringify(result));
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** Once a day, by a run that stored something: the oldest results above the bound go, and what crashes left behind. */
  async sweep(): Promise<void> {
    const { folder } = this.options;
    if (this.#stored === 0 || this.#isTroubled) return;
    const cacache = await loadStore();
    try {
      const last = await cacache.verify.lastRun(folder).catch(() => new Date(0));
      if (Date.now() - last.getTime() < daysBetweenSweeps * 86_400_000) return;
      const newestFirst = Object.values(await cacache.ls(folder)).sort((a, b) => b.time - a.time);
      for (const { key } of newestFirst.slice(mostResults)) await cacache.rm.entry(folder, key);
      await cacache.verify(folder);
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** Left in place it would stay: what is stored again under the same hash is taken for stored. */
  async #removeDamaged(key: string): Promise<void> {
    const { folder } = this.options;
    const cacache = await loadStore();
    try {
      const entry = await cacache.get.info(folder, key);
      if (entry) await cacache.rm.content(folder, entry.integrity);
    } catch (error) {
      this.#trouble(error);
    }
  }

  async #key({ text, frame, payload, language }: Sample): Promise<string> {
    const basis = await (this.#basis ??= this.#readBasis());
    return createHash('sha256')
      .update(JSON.stringify([basis, text, frame?.start, frame?.end, payload?.start, payload?.end, language]))
      .digest('hex');
  }

  /** What a result depends on besides its sample. What is missing of it is the engine's to complain of. */
  async #readBasis(): Promise<string> {
    const { packFolder, serverEntry } = this.options;
    const hash = createHash('sha256');
    for (const path of [join(packFolder, 'pack.json'), serverEntry]) {
      hash.update(await readFile(path).catch(() => '')).update('\0');
    }
    return hash.digest('hex');
  }

  #trouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.options.onTrouble?.(
      `the cache in ${this.options.folder} can't be used, so nothing is kept for the next run: ${reason}`,
    );
  }
}
