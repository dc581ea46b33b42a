import { open, type FileHandle } from 'node:fs/promises';
import { compressionOf } from './decompress.js';
import { ReadError, skipReasonOf } from './fileErrors.js';
import { formatOf, sniffedBytes } from './formats.js';
import { skipBytes } from './peek.js';
import { readArray } from './readArray.js';
import { type Begun, readLines } from './readLines.js';
import { notebookDocument } from './readNotebook.js';
import { readParquet } from './readParquet.js';
import { readText, readTextStream, type TextRead } from './readText.js';
import { recordBlocks } from './recordBlocks.js';
import type { ScanOptions } from './scanLine.js';
import type { Owns } from './shards.js';
import type { UnitInput } from './unitInput.js';
import { unpacked } from './unpacked.js';

export interface ReadTask {
  readonly path: string;
  /** Chooses the format. */
  readonly name: string;
  readonly options: ScanOptions;
  /** Where an earlier run has come. */
  readonly from: Begun;
  readonly owns: Owns;
}

/** Plain JSONL is shared among shards in slices of so many bytes. */
const sliceBytes = 64 * 1024 * 1024;
const chunkBytes = 1024 * 1024;

/** The units of one file. A failure is a unit, too, and what was read until then stands before it. */
export async function* readFile(task: ReadTask): AsyncGenerator<UnitInput> {
  const { path, owns, from } = task;
  let handle: FileHandle | undefined;
  let isRead = owns(0) || from.byte > 0;
  try {
    handle = await open(path, 'r');
    const before = await handle.stat();
    if (before.isDirectory()) throw new ReadError('not-a-file', 'a folder');
    for await (const unit of before.isFile()
      ? readRegular(task, handle, before.size)
      : readOnce(task, handle)) {
      isRead = true;
      yield unit;
    }
    const after = await handle.stat();
    if (isRead && before.isFile() && (after.size !== before.size || after.mtimeMs !== before.mtimeMs)) {
      const detail = `written to while it was read: ${before.size} bytes before, ${after.size} after`;
      yield { kind: 'skipped', path, reason: 'changed', detail };
    }
  } catch (error) {
    // What cannot be read at all is told by one shard.
    if (isRead) yield { kind: 'skipped', path, ...skipReasonOf(error) };
  } finally {
    await handle?.close();
  }
}

async function* readOnce(task: ReadTask, handle: FileHandle): AsyncGenerator<UnitInput> {
  if (task.owns(0)) yield* readStream(task, handle.createReadStream({ autoClose: false }));
}

/** A file that can be read from anywhere. */
async function* readRegular(task: ReadTask, handle: FileHandle, bytes: number): AsyncGenerator<UnitInput> {
  const { path, name, options, from, owns } = task;
  const head = Buffer.alloc(Math.min(sniffedBytes, bytes));
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  const sniffed = head.subarray(0, bytesRead);
  const format = compressionOf(sniffed) === undefined ? formatOf(name, sniffed) : undefined;
  if (format === 'parquet') {
    const column = options.textField?.split('.')[0]?.replace(/\[\]$/u, '');
    yield* readParquet({ path, handle, bytes }, column, from, owns);
  } else if (format === 'lines') {
    const slices = Array.from({ length: Math.ceil(bytes / sliceBytes) || 1 }, (_, slice) => slice);
    if (!slices.some(owns)) return;
    await assertBorder(handle, from);
    const chunks = handle.createReadStream({ start: from.byte, autoClose: false, highWaterMark: chunkBytes });
    const lines = readLines(chunks, options.maxFileSize, from);
    yield* recordBlocks(path, lines, from, (byte) => owns(Math.floor(byte / sliceBytes)));
  } else if (!owns(0)) {
    return;
  } else if (format === 'text') {
    yield { path, ...(await readText(path, options.maxFileSize)) };
  } else {
    yield* readStream(
      task,
      handle.createReadStream({ start: 0, autoClose: false, highWaterMark: chunkBytes }),
    );
  }
}

/** What comes once and in order: a pipe, standard input, the inside of a compressed file. */
export async function* readStream(
  { path, name, options, from, owns }: ReadTask,
  packed: AsyncIterable<Uint8Array>,
): AsyncGenerator<UnitInput> {
  const { head, chunks } = await unpacked(packed);
  const limit = options.maxFileSize;
  const format = formatOf(name, head);
  switch (format) {
    case 'lines':
    case 'array': {
      const read = format === 'lines' ? readLines : readArray;
      yield* recordBlocks(path, read(skipBytes(chunks, from.byte), limit, from), from, () => owns(0));
      break;
    }
    case 'notebook':
      yield { path, ...asNotebook(await readTextStream(chunks, limit)) };
      break;
    case 'text':
      yield { path, ...(await readTextStream(chunks, limit)) };
      break;
    case 'parquet':
      throw new ReadError(
        'unreadable',
        'Parquet is read from its end: unpack it, or save it to a file, first',
      );
  }
}

function asNotebook(read: TextRead) {
  return read.kind === 'text' ? { ...read, ...notebookDocument(read.text), languageId: 'markdown' } : read;
}

/** A file that was exchanged since the earlier run has its lines elsewhere. */
async function assertBorder(handle: FileHandle, { byte }: Begun): Promise<void> {
  if (byte === 0) return;
  const before = Buffer.alloc(1);
  const { bytesRead } = await handle.read(before, 0, 1, byte - 1);
  if (bytesRead === 1 && before[0] === 0x0a) return;
  const detail = `no line ends at byte ${byte}, where the earlier scan stopped: the file is another one; scan it anew`;
  throw new ReadError('changed', detail);
}
