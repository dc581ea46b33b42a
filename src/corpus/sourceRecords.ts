import { createReadStream } from 'node:fs';
import { type Format, formatOf } from './formats.js';
import { unpacked } from './unpacked.js';

/** A line of a JSONL file as it stands there. */
export interface SourceRecord {
  /** 1-based line. */
  readonly number: number;
  /** The line with its line break, if it has one. */
  readonly bytes: Buffer;
}

/** The file can't be read again as the report describes it; the message says what to do. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** A line is held whole: far above what a scan takes for a record. */
const longestLine = 256 * 1024 * 1024;

/** How a scan reads the file. @throws SourceError if it can't be read */
export async function sourceFormat(path: string): Promise<Format> {
  const file = createReadStream(path);
  try {
    return formatOf(path, (await fromSource(path, () => unpacked(file))).head);
  } finally {
    file.destroy();
  }
}

/**
 * Every line of a JSONL file, unpacked, one held at a time.
 * @throws SourceError if the file can't be read, is torn, or has a line of more than 256 MiB.
 */
export async function* sourceRecords(path: string): AsyncGenerator<SourceRecord> {
  let number = 0;
  let kept: Uint8Array[] = [];
  let length = 0;
  const take = (): SourceRecord => {
    const bytes = Buffer.concat(kept, length);
    kept = [];
    length = 0;
    number += 1;
    return { number, bytes };
  };
  for await (const chunk of chunksOf(path)) {
    let at = 0;
    while (at < chunk.length) {
      const lineFeed = chunk.indexOf(0x0a, at);
      const end = lineFeed === -1 ? chunk.length : lineFeed + 1;
      kept.push(chunk.subarray(at, end));
      length += end - at;
      if (length > longestLine) throw new SourceError(`${path}: line ${number + 1} is longer than 256 MiB`);
      if (lineFeed !== -1) yield take();
      at = end;
    }
  }
  if (length > 0) yield take();
}

/** @throws SourceError where the line is no JSON any more. */
export function parseRecord(bytes: Uint8Array, number: number): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new SourceError(`line ${number} is no JSON any more: scan the file again`);
  }
}

/** @throws SourceError where the file has another length than the scan saw. */
export function assertLines(found: number, scanned: number | undefined): void {
  if (scanned !== undefined && found !== scanned)
    throw new SourceError(`has ${found} lines, the scan saw ${scanned}: scan the file again`);
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path);
  try {
    const chunks = (await fromSource(path, () => unpacked(file))).chunks[Symbol.asyncIterator]();
    for (;;) {
      const step = await fromSource(path, () => chunks.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    file.destroy();
  }
}

/** @throws SourceError in place of what the system says */
async function fromSource<T>(path: string, work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    throw new SourceError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}
