import type { PayloadKeys } from '../analysis/exposures.js';
import type { Occurrence } from './baseline.js';
import {
  noCounts,
  type Counts,
  type ScanLine,
  type Skipped,
  type SkipReason,
  type Unit,
} from './scanLine.js';
import type { RecordRange, UnitInput } from './unitInput.js';

export type WorkInput = Exclude<UnitInput, { kind: 'ignored' }>;

/** Lines of the report, and whether they are all that belongs in their place. */
export interface SlotOutcome {
  readonly lines: readonly ScanLine[];
  readonly isWhole: boolean;
}

export interface SkippedPlace {
  readonly record?: number | undefined;
  readonly line?: number | undefined;
}

/** What is kept of a unit while its samples are measured: no text of it. */
export class UnitInFlight {
  readonly path: string;
  readonly counts: Counts = noCounts();
  readonly notes: string[] = [];
  /** Payloads of findings that have no line of their own. */
  readonly unlisted: PayloadKeys[] = [];
  /** For a baseline: what was found, by fingerprint. */
  readonly found = new Map<string, Occurrence>();
  /** Samples whose measures are not there yet. */
  waiting = 0;
  private readonly outcome: Unit['outcome'];
  private readonly range: RecordRange | undefined;
  private readonly slots: (() => Promise<SlotOutcome>)[] = [];

  constructor(input: WorkInput) {
    this.path = input.path;
    this.outcome = input.kind === 'skipped' ? 'skipped' : 'read';
    this.range = input.kind === 'text' ? undefined : input.range;
  }

  /** The next place in the report, which is filled when its turn comes. */
  add(slot: () => Promise<SlotOutcome>): void {
    this.slots.push(slot);
  }

  addLines(lines: readonly ScanLine[]): void {
    this.add(() => Promise.resolve({ lines, isWhole: true }));
  }

  addSkipped(reason: SkipReason, detail: string, place: SkippedPlace): void {
    this.addLines([skippedLine(this.path, reason, detail, place)]);
  }

  /** In the order of the input; waits for measures. */
  async *outcomes(): AsyncGenerator<SlotOutcome> {
    for (const slot of this.slots) yield await slot();
  }

  /** The line that says that the unit is whole. */
  line(withFingerprints: boolean): Unit {
    return {
      type: 'unit',
      path: this.path,
      outcome: this.outcome,
      ...(this.range === undefined ? {} : { range: this.range }),
      ...this.counts,
      notes: this.notes,
      unlisted: this.unlisted,
      ...(withFingerprints
        ? { fingerprints: [...this.found].map(([fingerprint, each]) => ({ fingerprint, ...each })) }
        : {}),
    };
  }
}

export function skippedLine(
  path: string,
  reason: SkipReason,
  detail: string,
  { record, line }: SkippedPlace,
): Skipped {
  return {
    type: 'skipped',
    path,
    ...(record === undefined ? {} : { record }),
    ...(line === undefined ? {} : { line }),
    reason,
    detail,
  };
}
