import type { Finding } from '../analysis/finding.js';
import type { Level } from '../analysis/levelNames.js';
import { mayHoldFrame } from '../analysis/frames/prefilter.js';
import type { KindName } from '../analysis/kind/kindNames.js';
import { readFile } from '../corpus/readFile.js';
import { atStart } from '../corpus/readLines.js';
import { scan } from '../corpus/scan.js';
import { headerLine, type ScanHeader, type Skipped, type Summary } from '../corpus/scanLine.js';
import { ScanTally, type ScanProgress } from '../corpus/scanTally.js';
import type { UnitInput } from '../corpus/unitInput.js';
import { walk } from '../corpus/walk.js';
import type { Engine } from '../engine/engine.js';
import { agentLimits } from './agentSchemas.js';
import type { AllowedFolders } from './allowedFolders.js';

export interface AgentScan {
  readonly engine: Engine;
  readonly folders: AllowedFolders;
  /** Files and folders inside `folders`, links resolved. */
  readonly paths: readonly string[];
  readonly minLevel: Level;
  readonly kinds: readonly KindName[];
  readonly version: string;
  readonly pack: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ScanProgress) => void;
}

export interface AgentScanResult {
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
  readonly summary: Summary;
  /** Limits that ended the reading. */
  readonly cut: readonly string[];
}

/**
 * The scan of the command line, within the limits of an agent and the folders that it may read.
 * @throws what the signal was aborted with
 */
export async function agentScan(task: AgentScan): Promise<AgentScanResult> {
  const { engine, signal } = task;
  const reader = new LimitedReader(task.folders);
  const detector = {
    mayHoldFrame,
    findCandidates: (document: Parameters<Engine['findCandidates']>[0]) =>
      engine.findCandidates(document, { signal }),
  };
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  let summary: Summary | undefined;
  const lines = scan({
    header: headerOf(task),
    units: reader.read(task.paths, headerOf(task).options),
    detector,
    engine,
    signal,
    // As of a shard: a limit may end the reading inside a file.
    tally: new ScanTally(true),
    onProgress: (progress) => {
      reader.samples = progress.queued;
      task.onProgress(progress);
    },
  });
  for await (const line of lines) {
    if (line.type === 'finding') findings.push(line);
    else if (line.type === 'skipped') skipped.push(line);
    else if (line.type === 'summary') summary = line;
  }
  signal.throwIfAborted();
  if (summary === undefined) throw new Error('the scan ended without its summary');
  return { findings, skipped, summary, cut: reader.cut };
}

function headerOf({ version, pack, paths, minLevel, kinds }: AgentScan): ScanHeader {
  return headerLine({
    version,
    pack,
    // For resuming, which no agent does.
    packHash: '',
    paths: [...paths],
    options: {
      minLevel,
      kinds: [...kinds],
      minDetection: 0.5,
      maxFileSize: agentLimits.fileBytes,
      ignoreFiles: true,
      unitTime: 60,
    },
  });
}

/** Reads until a limit is reached, and says which. */
class LimitedReader {
  readonly cut: string[] = [];
  /** Found so far. */
  samples = 0;
  private files = 0;
  private bytes = 0;

  constructor(private readonly folders: AllowedFolders) {}

  async *read(paths: readonly string[], options: ScanHeader['options']): AsyncGenerator<UnitInput> {
    const mayFollow = (target: string): boolean => this.folders.holds(target);
    for await (const entry of walk(paths, { ignoreFiles: options.ignoreFiles, mayFollow })) {
      const { path } = entry;
      if (entry.kind !== 'file') {
        yield entry;
        continue;
      }
      this.files += 1;
      if (this.isFull(path)) return;
      for await (const unit of readFile({ path, name: path, options, from: atStart, owns: () => true })) {
        yield unit;
        this.bytes += bytesOf(unit);
        if (this.isFull(path)) return;
      }
    }
  }

  private isFull(path: string): boolean {
    const limits: readonly [has: number, most: number, what: string][] = [
      [this.files, agentLimits.files + 1, `${agentLimits.files} files`],
      [this.bytes, agentLimits.bytes, `${agentLimits.bytes / 1024 / 1024} MB`],
      [this.samples, agentLimits.samples, `${agentLimits.samples} samples`],
    ];
    const reached = limits.find(([has, most]) => has >= most);
    if (reached === undefined) return false;
    this.cut.push(
      `Reading ended at the limit of ${reached[2]}, at ${this.folders.nameOf(path)}: ` +
        'scan what follows by naming smaller folders or single files.',
    );
    return true;
  }
}

function bytesOf(unit: UnitInput): number {
  if (unit.kind === 'text') return unit.bytes;
  return unit.kind === 'records' ? unit.range.end - unit.range.start : 0;
}
