import { type Disposable, EventEmitter, l10n, type LogOutputChannel, Uri, workspace } from 'vscode';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import { LinePlaces } from '../corpus/linePlaces.js';
import { MeasureQueue } from '../corpus/measureQueue.js';
import type { SkipReason } from '../corpus/scanLine.js';
import type { Engine } from '../engine/engine.js';
import { DisposableStore } from './disposableStore.js';
import type { EngineHost } from './engineHost.js';
import { engineDocument } from './engineDocument.js';
import { hashOfText, readFileText } from './fileText.js';
import type { FindingStore } from './findingStore.js';
import { openDocument } from './openDocument.js';
import type { CachedFile, ScanCache } from './scanCache.js';
import { type ScanCost, ScanMeter } from './scanCost.js';
import { noCounts, type ScanCounts } from './scanCounts.js';
import type { ChosenSample, samplesOfDocument } from './selectedSamples.js';
import { TimeSlice } from './timeSlice.js';
import type { WorkspaceEntry } from './workspaceFiles.js';

/** Files whose samples wait for the model, so that reading goes on meanwhile but does not run away. */
const mostWaiting = 64;

/** Looks through the files of the workspace; results stream into the store, and unchanged files are not analyzed again. */
export class WorkspaceScan implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<void>());
  #running: AbortController | undefined;
  #ended = Promise.resolve<undefined>(undefined);
  #counts = noCounts;
  #cost: ScanCost | undefined;
  #isRestored = false;

  /** Told when a scan begins, gets further or ends, and when what earlier windows found is there. */
  readonly onDidChange = this.#changed.event;

  /** `openCache` gives the cache that holds for the engine as it is set up now. */
  constructor(
    private readonly host: EngineHost,
    private readonly store: FindingStore,
    private readonly openCache: () => Promise<ScanCache>,
    private readonly log: LogOutputChannel,
  ) {}

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Of the scan under way, or of the last one. */
  get counts(): ScanCounts {
    return this.#counts;
  }

  /** Of the last scan that ended, in this window or before; undefined as long as there was none. */
  get cost(): ScanCost | undefined {
    return this.#cost;
  }

  /** Whether `restore` is done: before that, nobody knows what is there. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  cancel(): void {
    this.#running?.abort();
  }

  /**
   * Scans files and folders; a folder that was scanned to the end keeps no findings of files that are gone. One scan a
   * window: another one is refused. Rejects with an EngineError, or an AbortError when it was cancelled: what was found
   * until then stays.
   */
  async run(starts: readonly Uri[]): Promise<ScanCounts> {
    if (this.#running) throw new Error(l10n.t('A scan is under way: cancel it first, or wait for its end.'));
    const controller = (this.#running = new AbortController());
    const counts = this.#run(starts, controller);
    this.#ended = counts.then(
      () => undefined,
      () => undefined,
    );
    return counts;
  }

  async #run(starts: readonly Uri[], controller: AbortController): Promise<ScanCounts> {
    this.#tell(noCounts);
    const meter = new ScanMeter();
    let isWhole = false;
    let cache: ScanCache | undefined;
    try {
      cache = await this.openCache();
      const engine = await this.host.engine();
      const seen = await this.#scan(starts, { engine, cache, meter, signal: controller.signal });
      controller.signal.throwIfAborted();
      this.#forgetGone(starts, seen, cache);
      isWhole = true;
      return this.#counts;
    } finally {
      this.#cost = meter.cost(this.#counts, isWhole);
      this.log.info(`scan: ${JSON.stringify(this.#cost)}`);
      cache?.setCost(this.#cost);
      await cache?.save().catch((error: unknown) => this.log.warn(`results are not kept: ${String(error)}`));
      this.#running = undefined;
      this.#changed.fire();
    }
  }

  /** Shows what earlier windows found in files that have not changed since. What can't be shown is found anew by a scan. */
  async restore(): Promise<void> {
    try {
      await this.#restore(await this.openCache());
    } catch (error) {
      this.log.warn(`earlier results are not shown: ${String(error)}`);
    } finally {
      this.#isRestored = true;
      this.#changed.fire();
    }
  }

  /** Ends the scan and forgets what is kept of all: the next one analyzes every file. */
  async forget(): Promise<void> {
    this.cancel();
    await this.#ended;
    await (await this.openCache()).clear();
    this.#cost = undefined;
    this.#tell(noCounts);
  }

  dispose(): void {
    this.cancel();
    this.#owned.dispose();
  }

  /** The URIs of the files that were there. */
  async #scan(
    starts: readonly Uri[],
    { engine, cache, meter, signal }: Pick<FileParts, 'engine' | 'cache' | 'meter' | 'signal'>,
  ): Promise<Set<string>> {
    // Here, not above: the classifier's weights and the rules of .gitignore would slow activation.
    const { workspaceFiles } = await import('./workspaceFiles.js');
    const { samplesOfDocument } = await import('./selectedSamples.js');
    const seen = new Set<string>();
    const byEmbeddedModel = this.host.isEmbeddedPack;
    const slice = new TimeSlice();
    let queue: MeasureQueue | undefined;
    // Not before something is to be measured: it has the model loaded.
    const queued = () => {
      if (!queue) meter.follow((queue = new MeasureQueue(engine, signal)));
      return queue;
    };
    const waiting = new Set<Promise<void>>();
    const failures: unknown[] = [];
    try {
      for (const start of starts) {
        meter.lap();
        for await (const entry of workspaceFiles(start, slice)) {
          signal.throwIfAborted();
          await slice.pause();
          if (seen.has(entry.uri.toString())) continue;
          seen.add(entry.uri.toString());
          const { measuring } = await this.#file(entry, {
            engine,
            cache,
            meter,
            byEmbeddedModel,
            queued,
            samplesOfDocument,
            slice,
            signal,
          });
          const done: Promise<void> = measuring
            .catch((error: unknown) => void failures.push(error))
            .finally(() => waiting.delete(done));
          waiting.add(done);
          while (waiting.size >= mostWaiting) await Promise.race(waiting);
          if (failures.length > 0) throw failures[0];
          meter.lap();
        }
      }
    } catch (error) {
      // What is being measured ends with the scan, not somewhere in the next one.
      this.#running?.abort();
      await Promise.all(waiting);
      throw error;
    }
    await Promise.all(waiting);
    if (failures.length > 0) throw failures[0];
    return seen;
  }

  /** Reads and searches one file; its measures may come later. */
  async #file(entry: WorkspaceEntry, parts: FileParts): Promise<{ measuring: Promise<void> }> {
    const { uri } = entry;
    const read = entry.kind === 'file' ? await textOf(uri) : entry;
    if (read.kind !== 'text') {
      parts.meter.lap('read');
      this.#skip(uri, read.reason, read.detail);
      return { measuring: Promise.resolve() };
    }
    const hash = hashOfText(read.text);
    parts.meter.lap('read');
    this.#count({ files: this.#counts.files + 1 });
    const known = parts.cache.get(uri.toString(), hash);
    if (known) {
      this.#count({ unchanged: this.#counts.unchanged + 1 });
      this.#show(uri, known);
      return { measuring: Promise.resolve() };
    }
    const candidates = await parts.engine.findCandidates(read, { signal: parts.signal });
    parts.meter.lap('parse');
    const chosen = await parts.samplesOfDocument(read, candidates, parts.slice);
    parts.meter.lap('choose');
    parts.meter.found(candidates.length, chosen.length);
    // Not awaited: the next file is read while the model measures.
    return { measuring: this.#measure(uri, { text: read.text, hash, chosen }, parts) };
  }

  async #measure(
    uri: Uri,
    { text, hash, chosen }: { text: string; hash: string; chosen: readonly ChosenSample[] },
    { cache, meter, byEmbeddedModel, queued, slice, signal }: FileParts,
  ): Promise<void> {
    const results: MeasureResult[] = [];
    for (const measuring of chosen.map(({ window }) => queued().measure(window.sample))) {
      const result = await measuring;
      if (result.kind === 'cancelled') {
        signal.throwIfAborted();
        continue;
      }
      meter.measured(result);
      results.push(withoutTokens(result));
    }
    const places = new LinePlaces(text);
    const findings: CachedFile['findings'][number][] = [];
    for (const [index, sample] of chosen.entries()) {
      await slice.pause();
      const line = places.at(sample.payload.start).line - 1;
      findings.push({ ...sample, line, result: results[index]!, byEmbeddedModel });
    }
    const file = { uri: uri.toString(), hash, findings };
    // What could not be measured gets another chance.
    if (results.every(({ kind }) => kind === 'measured')) await cache.put(file);
    this.#show(uri, file);
  }

  async #restore(cache: ScanCache): Promise<void> {
    this.#cost ??= cache.cost;
    const slice = new TimeSlice();
    for (const file of [...cache.all()]) {
      if (file.findings.length === 0 || !cache.has(file.uri)) continue;
      await slice.pause();
      const uri = Uri.parse(file.uri, true);
      if (!workspace.getWorkspaceFolder(uri) || this.store.of(uri).length > 0) continue;
      const read = await textOf(uri);
      if (read.kind === 'text' && hashOfText(read.text) === file.hash) this.#show(uri, file);
    }
  }

  #show(uri: Uri, { findings, hash }: CachedFile): void {
    if (findings.length === 0 && this.store.of(uri).length === 0) return;
    const isShown = this.store.setOfFile(
      uri,
      findings.map((finding) => ({ ...finding, id: this.store.nextId() })),
      hash,
    );
    if (isShown) this.#count({ findings: this.#counts.findings + findings.length });
    else this.#count({ changed: this.#counts.changed + 1 });
  }

  #skip(uri: Uri, reason: SkipReason, detail: string): void {
    this.log.info(`left out: ${uri.toString(true)}: ${reason}, ${detail}`);
    this.#count({ skipped: { ...this.#counts.skipped, [reason]: (this.#counts.skipped[reason] ?? 0) + 1 } });
  }

  /** Of files that are deleted or ignored by now; what is open stays, for somebody has asked for it. */
  #forgetGone(starts: readonly Uri[], seen: ReadonlySet<string>, cache: ScanCache): void {
    const isGone = (uri: string) =>
      !seen.has(uri) && starts.some((start) => uri.startsWith(`${start.toString()}/`));
    for (const { uri } of [...this.store.all()])
      if (isGone(uri.toString()) && !openDocument(uri)) this.store.set(uri, []);
    for (const { uri } of [...cache.all()]) if (isGone(uri)) cache.remove(uri);
  }

  #count(counts: Partial<ScanCounts>): void {
    this.#tell({ ...this.#counts, ...counts });
  }

  #tell(counts: ScanCounts): void {
    this.#counts = counts;
    this.#changed.fire();
  }
}

interface FileParts {
  readonly engine: Engine;
  readonly cache: ScanCache;
  readonly meter: ScanMeter;
  readonly byEmbeddedModel: boolean;
  readonly queued: () => MeasureQueue;
  readonly samplesOfDocument: typeof samplesOfDocument;
  readonly slice: TimeSlice;
  readonly signal: AbortSignal;
}

/** What a person sees of the file: the open document, saved or not, else what is stored. */
async function textOf(uri: Uri) {
  const document = openDocument(uri);
  if (document) return { kind: 'text', ...engineDocument(document) } as const;
  const read = await readFileText(uri);
  return read.kind === 'text' ? { ...read, path: uri.path } : read;
}

/** Contributions of tokens are most of a result, and seldom looked at: see Analyzer.withTokens. */
function withoutTokens(result: MeasureResult): MeasureResult {
  if (result.kind === 'failed') return result;
  const { kind, measures, level, remedies, notes } = result;
  return { kind, measures, level, remedies, notes };
}
