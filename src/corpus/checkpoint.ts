import { constants, createReadStream } from 'node:fs';
import { copyFile, stat, truncate } from 'node:fs/promises';
import { type Begun, readLines } from './readLines.js';
import { scanLineSchema, type ScanHeader, type ScanLine } from './scanLine.js';
import type { ScanTally } from './scanTally.js';
import { nothingDone, type Done } from './unitInput.js';

/** The report asks for something that a person must decide. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/** Where a report grows until it is whole; then it takes its own name in one step. */
export function partialPath(output: string): string {
  return `${output}.partial`;
}

/** A finding quotes at most 4,000 code units; with escapes, spans and tokens this is far above any line. */
export const longestReportLine = 16 * 1024 * 1024;

/**
 * Prepares `output`.partial for going on: reads it up to the last line of a unit, hands those lines to the tally and
 * drops what follows (lines of a unit that was not whole, a torn line, an old summary). Where only `output` is there,
 * an earlier scan ended: it is taken up from a copy. Where neither is there, the scan starts anew.
 *
 * @throws CheckpointError if the earlier scan was asked for something else.
 */
export async function resumeReport(output: string, header: ScanHeader, tally: ScanTally): Promise<Done> {
  const partial = partialPath(output);
  if (!(await exists(partial))) {
    if (!(await exists(output))) return nothingDone;
    await copyFile(output, partial, constants.COPYFILE_EXCL);
  }
  const done = new DoneUnits();
  let checkpoint = 0;
  let behindCheckpoint: ScanLine[] = [];
  for await (const input of readLines(createReadStream(partial), longestReportLine)) {
    const text = input.kind === 'line' ? input.text : '';
    if (input.number === 1) assertReport(partial, text);
    const line = isTerminated(input, text) ? parseLine(text) : undefined;
    if (line === undefined) break;
    if (line.type === 'scan') {
      assertSameScan(partial, line, header);
      checkpoint = input.end;
      continue;
    }
    behindCheckpoint.push(line);
    if (line.type !== 'unit') continue;
    for (const each of behindCheckpoint) tally.takeOver(each);
    behindCheckpoint = [];
    done.add(line.path, line.range);
    checkpoint = input.end;
  }
  tally.isResumed = checkpoint > 0;
  await truncate(partial, checkpoint);
  return done;
}

/** Refuses to overwrite the work of an interrupted scan. */
export async function assertNoPartialReport(output: string): Promise<void> {
  const partial = partialPath(output);
  if (!(await exists(partial))) return;
  throw new CheckpointError(`${partial} holds an interrupted scan: go on with --resume, or delete the file`);
}

class DoneUnits implements Done {
  private readonly whole = new Set<string>();
  private readonly begun = new Map<string, Begun>();

  add(path: string, range: { end: number; records: number; last: boolean } | undefined): void {
    if (range === undefined || range.last) {
      this.whole.add(path);
      this.begun.delete(path);
    } else {
      this.begun.set(path, { byte: range.end, records: range.records });
    }
  }

  isDone(path: string): boolean {
    return this.whole.has(path);
  }

  startOf(path: string): Begun | undefined {
    return this.begun.get(path);
  }
}

/** A line that was torn just before its line break must not be continued by the next one. */
function isTerminated({ start, end }: { start: number; end: number }, text: string): boolean {
  return end - start > Buffer.byteLength(text);
}

/** The line as it was written, keys in their order; `undefined` if it is none of a report. */
export function parseLine(text: string): ScanLine | undefined {
  const value = parseJson(text);
  return scanLineSchema.safeParse(value).success ? (value as ScanLine) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What was torn within its header is a report still; anything else is not ours to cut. */
function assertReport(partial: string, firstLine: string): void {
  const opening = '{"type":"scan",';
  if (firstLine.startsWith(opening) ? isHeaderOrTorn(firstLine) : opening.startsWith(firstLine)) return;
  throw new CheckpointError(`${partial} is no report of a scan: its first line is no header`);
}

function isHeaderOrTorn(text: string): boolean {
  return !text.endsWith('}') || parseLine(text)?.type === 'scan' || parseJson(text) === undefined;
}

function assertSameScan(partial: string, line: ScanHeader, header: ScanHeader): void {
  const before: Record<string, unknown> = { ...line, ...line.options };
  const now: Record<string, unknown> = { ...header, ...header.options };
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (key === 'options' || JSON.stringify(before[key]) === JSON.stringify(now[key])) continue;
    throw new CheckpointError(
      `${partial} comes from another scan: ${key} was ${JSON.stringify(before[key])}, now ${JSON.stringify(now[key])}`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
