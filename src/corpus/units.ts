import { createReadStream } from 'node:fs';
import { resolve, sep } from 'node:path';
import { skipReasonOf } from './fileErrors.js';
import { readLines, type InputLine } from './readLines.js';
import { readText, readTextStream } from './readText.js';
import type { ScanOptions, SkipReason } from './scanLine.js';
import { walk } from './walk.js';

export interface ByteRange {
  readonly start: number;
  readonly end: number;
  /** Number of the last line in the range. */
  readonly records: number;
  readonly last: boolean;
}

/** What is read, scanned and recorded as one piece. */
export type UnitInput = { readonly path: string } & (
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly bytes: number;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'records'; readonly lines: readonly InputLine[]; readonly range: ByteRange }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly detail: string }
  | { readonly kind: 'ignored' }
);

/** What an earlier run has finished. */
export interface Done {
  isDone(path: string): boolean;
  /** Where to go on in a JSONL file that was begun. */
  startOf(path: string): { readonly byte: number; readonly lines: number } | undefined;
}

export const nothingDone: Done = { isDone: () => false, startOf: () => undefined };

export interface StandardInput {
  /** Chooses the parser; a name ending in .jsonl is read as records. */
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A block of records closes at the first border after so many bytes: the step of the checkpoint. */
const blockBytes = 256 * 1024;

export interface UnitSource {
  /** Files and folders; `-` is standard input. */
  readonly paths: readonly string[];
  readonly options: ScanOptions;
  readonly done: Done;
  readonly stdin: StandardInput;
  /** Absolute paths of files and folders that are never read: the report must not scan itself. */
  readonly leaveOut: readonly string[];
  /** Absolute paths of the files to read, where not all under `paths` are meant. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** Reads the paths one unit at a time. */
export async function* readUnits({
  paths,
  options,
  done,
  stdin,
  leaveOut,
  only,
}: UnitSource): AsyncGenerator<UnitInput> {
  if (paths.includes('-')) yield* readStandardInput(stdin, options);
  const named = paths.filter((path) => path !== '-');
  for await (const entry of walk(named, options)) {
    const absolute = resolve(entry.path);
    if (leaveOut.some((each) => absolute === each || absolute.startsWith(`${each}${sep}`))) continue;
    if (only !== undefined && !only.has(absolute)) continue;
    if (entry.kind !== 'ignored' && done.isDone(entry.path)) continue;
    if (entry.kind !== 'file') yield entry;
    else if (isRecordFile(entry.path)) yield* readRecordFile(entry.path, options, done);
    else yield { path: entry.path, ...(await readText(entry.path, options.maxFileSize)) };
  }
}

function isRecordFile(path: string): boolean {
  return /\.(jsonl|ndjson|jsonlines)$/i.test(path);
}

async function* readStandardInput(
  { name, chunks }: StandardInput,
  options: ScanOptions,
): AsyncGenerator<UnitInput> {
  const path = name === '' ? '-' : name;
  if (isRecordFile(name)) yield* blocks(path, readLines(chunks, options.maxFileSize), { byte: 0, lines: 0 });
  else yield { path, ...(await readTextStream(chunks, options.maxFileSize)) };
}

async function* readRecordFile(path: string, options: ScanOptions, done: Done): AsyncGenerator<UnitInput> {
  const from = done.startOf(path) ?? { byte: 0, lines: 0 };
  try {
    const chunks = createReadStream(path, { start: from.byte });
    yield* blocks(path, readLines(chunks, options.maxFileSize, from), from);
  } catch (error) {
    yield { kind: 'skipped', path, ...skipReasonOf(error) };
  }
}

async function* blocks(
  path: string,
  lines: AsyncIterable<InputLine>,
  from: { readonly byte: number; readonly lines: number },
): AsyncGenerator<UnitInput> {
  let block: InputLine[] = [];
  let start = from.byte;
  let end = from.byte;
  let records = from.lines;
  for await (const line of lines) {
    // Closed one line late, so that the last block knows that it is the last.
    if (end - start >= blockBytes) {
      yield { kind: 'records', path, lines: block, range: { start, end, records, last: false } };
      block = [];
      start = end;
    }
    block.push(line);
    end = line.end;
    records = line.number;
  }
  yield { kind: 'records', path, lines: block, range: { start, end, records, last: true } };
}
