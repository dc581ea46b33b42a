import type { Begun, InputLine } from './readLines.js';
import type { SkipReason } from './scanLine.js';
import type { TextPart } from './joinedText.js';

/** Records of one file that are read, scanned and recorded together. */
export interface RecordRange {
  /** Bytes: of the file, or of what comes out of a compressed one. */
  readonly start: number;
  readonly end: number;
  /** Number of the last record in the range. */
  readonly records: number;
  readonly last: boolean;
  /** 0-based number of the Parquet row group that the range is. */
  readonly rowGroup?: number;
}

/** A record as it was read: a line of JSON, or a row that needs no parsing. */
export type RecordInput =
  InputLine | { readonly kind: 'row'; readonly number: number; readonly value: unknown };

/** What is read, scanned and recorded as one piece. */
export type UnitInput = { readonly path: string } & (
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly bytes: number;
      readonly notes: readonly string[];
      /** Chooses the parser where the name of the file does not. */
      readonly languageId?: string;
      readonly parts?: readonly TextPart[];
    }
  | {
      readonly kind: 'records';
      /** How many the format says there are: what comes out must be as many. */
      readonly count: number;
      readonly records: Iterable<RecordInput>;
      readonly range: RecordRange;
    }
  | SkippedInput
  | { readonly kind: 'ignored' }
);

export interface SkippedInput {
  readonly kind: 'skipped';
  readonly path: string;
  readonly reason: SkipReason;
  readonly detail: string;
  /** Where reading ended, if not at the start: number of the record that could not be read. */
  readonly record?: number;
  /** A range that could not be read, although what follows it can. */
  readonly range?: RecordRange;
  /** Records in that range. */
  readonly count?: number;
}

/** What an earlier run has finished. */
export interface Done {
  isDone(path: string): boolean;
  startOf(path: string): Begun | undefined;
}

export const nothingDone: Done = { isDone: () => false, startOf: () => undefined };
