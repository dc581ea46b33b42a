import type { Level } from '../analysis/levelNames.js';
import type { Occurrence, Occurrences } from './baseline.js';
import { ExposureTable } from './exposures/exposureTable.js';
import type { MeasureOrigins } from './measureQueue.js';
import {
  addCounts,
  isLoss,
  noCounts,
  type Counts,
  type ScanLine,
  type SkipReason,
  type Stage,
  type Summary,
  type Unit,
} from './scanLine.js';
import { WordingTable } from './wordingTable.js';

/** Milliseconds of this run. Reading overlaps with measuring, so they don't add up to the whole. */
export type StageTimes = Record<Stage['name'], number>;

export interface ScanProgress {
  /** What is being read; empty when all is read. */
  readonly path: string;
  readonly files: number;
  readonly queued: number;
  readonly measured: number;
  readonly high: number;
}

/** What went in did not come out: the report cannot be trusted. */
export class CountError extends Error {
  override readonly name = 'CountError';
}

/** @throws CountError unless every record and every candidate has exactly one outcome */
export function assertAddsUp(counts: Omit<Counts, 'bytes' | 'texts' | 'parsed'>, place: string): void {
  const { records, detected, suppressed, measured, notScored, levels, setAside } = counts;
  const left = sum(suppressed) + sum(setAside);
  const scored = levels.high + levels.medium + levels.low + levels.none;
  const sums: readonly [string, number, number][] = [
    ['records', records.read, records.scanned + records.skipped + records.blank],
    ['candidates', detected, left + measured + notScored],
    ['measured candidates', measured, scored],
  ];
  for (const [what, before, after] of sums) {
    if (before !== after)
      throw new CountError(
        `the counts do not add up in ${place}: ${before} ${what} went in, ${after} came out`,
      );
  }
}

/** The running totals of a scan, those of an interrupted run before it included. */
export class ScanTally {
  ignored = 0;
  /** The header and everything up to the checkpoint stand in the report already. */
  isResumed = false;
  private readonly started = performance.now();
  private readonly totals: Counts = noCounts();
  private readonly skipped: Partial<Record<SkipReason, number>> = {};
  private files = 0;
  private listed = 0;
  private readonly found = new Map<string, Map<string, Occurrence>>();
  private lost = 0;
  private readonly exposures = new ExposureTable();
  private readonly wordings = new WordingTable();
  /** Where the file that is being read has come: its ranges must leave nothing out. */
  private begunFile: { path: string; byte: number; records: number } | undefined;
  private progress: ScanProgress = { path: '', files: 0, queued: 0, measured: 0, high: 0 };

  /** `isShard`: other shards read the ranges that are missing here. */
  constructor(private readonly isShard = false) {}

  /** Takes over a line that an earlier run has written. */
  takeOver(line: ScanLine): void {
    this.count(line);
    if (line.type === 'unit') this.add(line);
  }

  add(counts: Counts): void {
    addCounts(this.totals, counts);
  }

  /** Sees every line that comes out. */
  count(line: ScanLine): void {
    if (line.type === 'finding') {
      this.listed += 1;
      this.exposures.add(line.payloadKeys, line);
      if (line.frame !== null && line.suppressed === undefined) this.wordings.add(line.text.frame);
    } else if (line.type === 'skipped') {
      this.skipped[line.reason] = (this.skipped[line.reason] ?? 0) + 1;
      if (isLoss(line)) this.lost += 1;
    } else if (line.type === 'unit') {
      this.follow(line);
      for (const keys of line.unlisted) this.exposures.add(keys);
      if (line.outcome === 'read' && line.range?.last !== false) this.files += 1;
      if (line.fingerprints !== undefined && line.outcome === 'read')
        this.addOccurrences(line.path, line.fingerprints);
    }
  }

  private follow({ path, range, records }: Unit): void {
    if (this.isShard) return;
    const begun = this.begunFile;
    if (begun !== undefined && begun.path !== path)
      throw new CountError(`${begun.path}: nothing came out after byte ${begun.byte}, and no reason why`);
    this.begunFile = undefined;
    // A text has no ranges, and a failure ends its file.
    if (range === undefined) return;
    const from = begun ?? { byte: 0, records: 0 };
    const isNext = range.rowGroup !== undefined || range.start === from.byte;
    if (!isNext || range.records !== from.records + records.read) {
      throw new CountError(
        `${path}: ${records.read} records came out from byte ${range.start} on, where records ${from.records + 1} to ${range.records} went in from byte ${from.byte} on`,
      );
    }
    if (!range.last) this.begunFile = { path, byte: range.end, records: range.records };
  }

  /** @throws CountError where something that went in did not come out */
  assertWhole(): void {
    if (this.begunFile !== undefined)
      throw new CountError(`${this.begunFile.path}: nothing was read after byte ${this.begunFile.byte}`);
    assertAddsUp(this.totals, 'the whole scan');
  }

  /** What was found where, for a baseline: that of an interrupted run before this one included. */
  get occurrences(): Occurrences {
    return this.found;
  }

  private addOccurrences(path: string, found: readonly ({ fingerprint: string } & Occurrence)[]): void {
    const inPath = this.found.get(path) ?? new Map<string, Occurrence>();
    this.found.set(path, inPath);
    for (const { fingerprint, rule, count } of found) {
      inPath.set(fingerprint, { rule, count: Math.max(count, inPath.get(fingerprint)?.count ?? 0) });
    }
  }

  begun(path: string): ScanProgress {
    return this.report({ path, files: this.progress.files + 1 });
  }

  allRead(): ScanProgress {
    return this.report({ path: '' });
  }

  queuedOne(): ScanProgress {
    return this.report({ queued: this.progress.queued + 1 });
  }

  doneSamples(samples: number): ScanProgress {
    return this.report({ measured: this.progress.measured + samples });
  }

  foundLevel(level: Level): ScanProgress {
    return this.report({ high: this.progress.high + (level === 'high' ? 1 : 0) });
  }

  summary(
    interrupted: boolean,
    pack: string,
    times: StageTimes,
    measures?: MeasureOrigins,
    staleBaseline?: number,
  ): Summary {
    const { bytes, records, texts, parsed, candidates, detected, measured, payloadTokens, levels, setAside } =
      this.totals;
    const { suppressed } = this.totals;
    const unsuppressed = detected - sum(suppressed);
    const askedFor = unsuppressed - sum(setAside);
    const stage = (name: Stage['name'], taken: number, passed: number): Stage => ({
      name,
      in: taken,
      out: passed,
      ms: Math.round(times[name]),
    });
    return {
      type: 'summary',
      interrupted,
      resumed: this.isResumed,
      files: this.files,
      bytes,
      records: { ...records },
      ignored: this.ignored,
      stages: [
        stage('read', this.files, texts),
        stage('prefilter', texts, parsed),
        stage('parse', parsed, candidates),
        stage('detect', candidates, detected),
        stage('kind', unsuppressed, askedFor),
        stage('measure', askedFor, measured),
      ],
      ...(measures === undefined ? {} : { measures: { ...measures } }),
      payloadTokens,
      levels: { ...levels },
      setAside: { ...setAside },
      listed: this.listed,
      exposures: this.exposures.summary(),
      wordings: this.wordings.summary(),
      suppressed: { ...suppressed },
      ...(staleBaseline === undefined ? {} : { staleBaseline }),
      skipped: { ...this.skipped },
      lost: this.lost,
      ms: Math.round(performance.now() - this.started),
      pack,
    };
  }

  private report(change: Partial<ScanProgress>): ScanProgress {
    this.progress = { ...this.progress, ...change };
    return this.progress;
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}
