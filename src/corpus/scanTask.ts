import type { Candidate, TextDocument } from '../analysis/candidate.js';
import type { Engine } from '../engine/engine.js';
import type { Baseline } from './baseline.js';
import type { ScanHeader } from './scanLine.js';
import type { ScanProgress, ScanTally } from './scanTally.js';
import type { UnitInput } from './unitInput.js';

/** The text-only half of the analysis: what may hold a frame, and which frames have a payload. */
export interface Detector {
  mayHoldFrame(text: string): boolean;
  findCandidates(document: TextDocument): Promise<readonly Candidate[]>;
}

export interface ScanTask {
  readonly header: ScanHeader;
  readonly units: AsyncIterable<UnitInput>;
  readonly detector: Detector;
  readonly engine: Engine;
  /** Calls that the engine works on at once; one by default. */
  readonly jobs?: number | undefined;
  /** Aborting stops the reading; what is measured by then still comes out, and a summary. */
  readonly signal: AbortSignal;
  readonly tally: ScanTally;
  /** Findings that are known already. */
  readonly baseline?: Baseline | undefined;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** For a scan that goes on where a process has died. */
  readonly watch?: ScanWatch | undefined;
}

/** What tells which text a process died of, and passes it by. */
export interface ScanWatch {
  /** Called before the texts of a file, or of a record, are looked at. */
  onBegin(path: string, record?: number): void;
  /** Whether a process has died of this one: then it is recorded instead. */
  hasCrashed(path: string, record?: number): boolean;
}
