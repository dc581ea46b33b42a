import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isAtLeast, type Level } from '../analysis/levelNames.js';
import type { KindName } from '../analysis/kind/kindNames.js';
import {
  assertBaselineWritable,
  type Baseline,
  BaselineError,
  readBaseline,
  writeBaseline,
} from '../corpus/baseline.js';
import { changedFiles, ChangedFilesError } from '../corpus/changedFiles.js';
import { assertNoPartialReport, CheckpointError, partialPath, resumeReport } from '../corpus/checkpoint.js';
import { asError } from '../corpus/asError.js';
import { scan } from '../corpus/scan.js';
import { headerLine, type ScanHeader, type Summary } from '../corpus/scanLine.js';
import { CountError, ScanTally, type ScanProgress } from '../corpus/scanTally.js';
import { nothingDone, type Done } from '../corpus/unitInput.js';
import { readUnits } from '../corpus/units.js';
import { loadPack } from '../model/pack.js';
import { type EngineOptions, EngineRun } from './engineRun.js';
import { exitCode, IncompleteError, UsageError, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { chunksUntil } from './interrupt.js';
import { OutputClosed } from './output.js';
import { ProgressLine } from './progressLine.js';
import { openReport, type Format } from './reportFormats.js';

export interface ScanCommandOptions extends EngineOptions {
  readonly format: Format;
  readonly output?: string;
  readonly resume?: boolean;
  readonly minLevel: Level;
  readonly failOn?: Level;
  readonly kind: readonly KindName[];
  readonly minDetection: number;
  readonly quiet?: boolean;
  readonly maxFileSize: number;
  /** commander's name for the absence of --no-ignore. */
  readonly ignore: boolean;
  readonly textField?: string;
  readonly stdinName: string;
  readonly showSuppressed?: boolean;
  readonly showHarmless?: boolean;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly changedSince?: string;
  /** Seconds. */
  readonly unitTime: number;
  readonly shard?: string;
}

export async function scanCommand(
  paths: readonly string[],
  options: ScanCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const progress = new ProgressLine(host.stderr, {
    isQuiet: options.quiet === true,
    first: 'loading the model …',
  });
  try {
    return await runScan(paths, options, host, progress);
  } finally {
    progress.stop();
  }
}

async function runScan(
  paths: readonly string[],
  options: ScanCommandOptions,
  host: Host,
  progress: ProgressLine,
): Promise<ExitCode> {
  assertUsable(paths, options);
  const packFolder = options.pack ?? host.defaultPackFolder;
  const baseline = options.baseline === undefined ? undefined : await usable(readBaseline(options.baseline));
  if (options.writeBaseline !== undefined) await usable(assertBaselineWritable(options.writeBaseline));
  const pack = (await loadPack(packFolder)).label;
  const packHash = createHash('sha256')
    .update(await readFile(join(packFolder, 'pack.json')))
    .digest('hex');
  const only =
    options.changedSince === undefined ? undefined : await usable(changedFiles(paths, options.changedSince));
  const header = scanHeader(paths, options, { version: host.version, pack, packHash, baseline });
  const tally = new ScanTally(options.shard !== undefined);
  const done = await earlierWork(options, header, tally);
  const target = { host, output: options.output, packFolder };
  const beforeWrite = (): void => progress.clear();
  const report = await openReport(options.format, target, { append: tally.isResumed, beforeWrite });

  const run = new EngineRun(host, packFolder, options);
  const { engine, signal } = run;
  let summary: Summary | undefined;
  try {
    const stdin = { name: options.stdinName, chunks: chunksUntil(host.stdin, signal) };
    const leaveOut = [
      ...(options.output === undefined ? [] : [options.output, partialPath(options.output)]),
      ...[options.baseline, options.writeBaseline].filter((each) => each !== undefined),
    ].map((each) => resolve(each));
    const units = readUnits({ paths, options: header.options, done, stdin, leaveOut, only });
    const onProgress = (now: ScanProgress): void => progress.update(progressText(now));
    const { jobs } = options;
    const task = {
      header,
      units,
      detector: host.detector,
      engine,
      jobs,
      signal,
      tally,
      baseline,
      onProgress,
      watch: host.watch,
    };
    for await (const line of scan(task)) {
      if (line.type === 'summary') summary = line;
      await report.write(line);
    }
  } catch (error) {
    if (error instanceof OutputClosed) return exitCode.ok;
    run.failure ??= error instanceof CountError ? new IncompleteError(error.message) : asError(error);
  } finally {
    progress.stop();
    await run.dispose();
  }
  const isWhole = summary?.interrupted === false && run.failure === undefined;
  const place = await report.finish(isWhole);
  if (!isWhole && place !== undefined) host.stderr.write(keptText(place, options.format));
  if (run.failure !== undefined) throw run.failure;
  if (!isWhole) return exitCode.interrupted;
  if (options.writeBaseline !== undefined) {
    const entries = await usable(writeBaseline(options.writeBaseline, tally.occurrences, baseline));
    host.stderr.write(`${entries} ${entries === 1 ? 'entry' : 'entries'} in ${options.writeBaseline}\n`);
  }
  if (summary !== undefined && failsOn(summary, options.failOn)) return exitCode.findings;
  return summary !== undefined && summary.lost > 0 ? exitCode.incomplete : exitCode.ok;
}

function assertUsable(
  paths: readonly string[],
  { output, resume, format, stdinName, shard, changedSince, writeBaseline: baseline }: ScanCommandOptions,
): void {
  if (changedSince !== undefined && paths.includes('-'))
    throw new UsageError('--changed-since is about files: standard input has no history');
  if (paths.includes('-') && (format === 'masks' || format === 'dolma'))
    throw new UsageError(
      `--format ${format} reads the texts again, and standard input can be read once only`,
    );
  if (resume === true && (output === undefined || format !== 'jsonl')) {
    throw new UsageError('--resume goes on with a report: it needs --output FILE and --format jsonl');
  }
  if (resume === true && paths.includes('-')) throw new UsageError('standard input cannot be resumed');
  if (shard !== undefined && format !== 'jsonl')
    throw new UsageError('--shard makes a report for backfire merge: it needs --format jsonl');
  if (shard !== undefined && paths.includes('-'))
    throw new UsageError('standard input cannot be shared among shards');
  if (shard !== undefined && baseline !== undefined)
    throw new UsageError('a shard sees a part of the corpus: write the baseline in a scan without --shard');
  if (stdinName !== '' && !paths.includes('-')) throw new UsageError('--stdin-name needs - among the paths');
}

/** What is wrong with a baseline or a reference is a person's to mend. */
async function usable<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof BaselineError || error instanceof ChangedFilesError
      ? new UsageError(error.message)
      : error;
  });
}

function scanHeader(
  paths: readonly string[],
  options: ScanCommandOptions,
  {
    version,
    pack,
    packHash,
    baseline,
  }: { version: string; pack: string; packHash: string; baseline: Baseline | undefined },
): ScanHeader {
  return headerLine({
    version,
    pack,
    packHash,
    paths: [...paths],
    options: {
      minLevel: options.minLevel,
      kinds: [...options.kind],
      minDetection: options.minDetection,
      maxFileSize: options.maxFileSize,
      ignoreFiles: options.ignore,
      unitTime: options.unitTime,
      ...(options.shard === undefined ? {} : { shard: options.shard }),
      ...(options.textField === undefined ? {} : { textField: options.textField }),
      ...(options.showSuppressed === true ? { showSuppressed: true } : {}),
      ...(options.showHarmless === true ? { showHarmless: true } : {}),
      ...(baseline === undefined ? {} : { baseline: baseline.digest }),
      ...(options.writeBaseline === undefined ? {} : { writeBaseline: true }),
      ...(options.changedSince === undefined ? {} : { changedSince: options.changedSince }),
    },
  });
}

async function earlierWork(
  { output, resume, format }: ScanCommandOptions,
  header: ScanHeader,
  tally: ScanTally,
): Promise<Done> {
  if (output === undefined || format !== 'jsonl') return nothingDone;
  try {
    if (resume === true) return await resumeReport(output, header, tally);
    await assertNoPartialReport(output);
    return nothingDone;
  } catch (error) {
    if (error instanceof CheckpointError) throw new UsageError(error.message);
    throw error;
  }
}

function progressText({ path, files, queued, measured, high }: ScanProgress): string {
  const found = queued === 0 ? '' : ` · ${measured} of ${queued} candidates measured · ${high} high`;
  return `${files} files${found}${path === '' ? '' : ` · ${path}`}`;
}

function keptText(place: string, format: Format): string {
  return format === 'jsonl'
    ? `What was done is kept in ${place}; the same command with --resume goes on.\n`
    : `What was done is kept in ${place}.\n`;
}

function failsOn({ levels }: Summary, failOn: Level | undefined): boolean {
  if (failOn === undefined) return false;
  return (Object.keys(levels) as Level[]).some((level) => levels[level] > 0 && isAtLeast(level, failOn));
}
