import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isPlainLines } from './formats.js';
import { readFile } from './readFile.js';
import { atStart, type InputLine, readLines } from './readLines.js';
import { recordBlocks } from './recordBlocks.js';
import type { ScanOptions } from './scanLine.js';
import type { UnitInput } from './unitInput.js';
import { walk } from './walk.js';

/** A part of a corpus that is read, or not, as a whole: a file, or a stretch of plain JSONL. */
export interface Piece {
  readonly path: string;
  /** Bytes on disk. */
  readonly start: number;
  readonly end: number;
  readonly isWhole: boolean;
}

const pieceBytes = 1024 * 1024;

/** All pieces under the paths, by names and sizes alone; what cannot be looked at is left out. */
export async function listPieces(paths: readonly string[], options: ScanOptions): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const entry of walk(paths, options)) {
    if (entry.kind !== 'file') continue;
    const { path } = entry;
    const size = await stat(path).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    );
    if (size === 0) continue;
    const count = isPlainLines(path) ? Math.ceil(size / pieceBytes) : 1;
    for (let at = 0; at < count; at++) {
      const end = at === count - 1 ? size : (at + 1) * pieceBytes;
      pieces.push({ path, start: at * pieceBytes, end, isWhole: count === 1 });
    }
  }
  return pieces;
}

/** The units of one piece. Of JSONL, the records that begin in it; their numbers count from its start. */
export async function* readPiece(piece: Piece, options: ScanOptions): AsyncGenerator<UnitInput> {
  const { path, isWhole } = piece;
  if (isWhole) yield* readFile({ path, name: path, options, from: atStart, owns: () => true });
  else yield* recordBlocks(path, linesOf(piece, options.maxFileSize), atStart, () => true);
}

async function* linesOf({ path, start, end }: Piece, maxBytes: number): AsyncGenerator<InputLine> {
  // From one byte before: it tells whether a line begins at the very start.
  const from = Math.max(0, start - 1);
  const lines = readLines(createReadStream(path, { start: from }), maxBytes, { byte: from, records: 0 });
  let shift = 0;
  for await (const line of lines) {
    if (line.start >= end) return;
    if (line.start < start) shift = line.end;
    else
      yield {
        ...line,
        number: line.number - (shift > 0 ? 1 : 0),
        start: line.start - shift,
        end: line.end - shift,
      };
  }
}
