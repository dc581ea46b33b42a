import type { FileHandle } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { compressors, decompressZstd } from 'hyparquet-compressors';
import { isTooCompressed } from './decompress.js';
import { ReadError, skipReasonOf } from './fileErrors.js';
import { atStart, type Begun } from './readLines.js';
import type { RecordInput, RecordRange, UnitInput } from './unitInput.js';

/** A row group is held whole; writers make them of 64 to 128 MB, and a larger one is not read. */
const largestGroup = 512 * 1024 * 1024;

export interface ParquetFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly bytes: number;
}

/**
 * The rows of a Parquet file, a row group at a time, with nested columns as lists and objects. A row group that cannot
 * be read is skipped and the next one follows. Only columns that may hold text, and flat ones, are read; `column`
 * names the only one to read.
 */
export async function* readParquet(
  { path, handle, bytes }: ParquetFile,
  column: string | undefined,
  from: Begun = atStart,
  owns: (rowGroup: number) => boolean = () => true,
): AsyncGenerator<UnitInput> {
  const file = bufferOf(handle, bytes);
  let metadata: FileMetaData;
  let columns: string[];
  try {
    metadata = await readMetadata(file, handle);
    columns = columnsToRead(metadata, column);
  } catch (error) {
    yield { kind: 'skipped', path, ...skipReasonOf(error) };
    return;
  }
  let rowStart = 0;
  for (const [rowGroup, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    const last = rowGroup === metadata.row_groups.length - 1;
    const range: RecordRange = { ...byteRange(group), records: rowEnd, last, rowGroup };
    const isToDo = rowEnd > from.records || (rowEnd === rowStart && rowStart >= from.records);
    if (owns(rowGroup) && isToDo) {
      const rows = { file, metadata, columns, rowStart, rowEnd };
      yield await readGroup(path, group, range, rows);
    }
    rowStart = rowEnd;
  }
  if (metadata.row_groups.length === 0 && owns(0)) {
    yield {
      kind: 'records',
      path,
      count: 0,
      records: [],
      range: { start: 0, end: bytes, records: 0, last: true },
    };
  }
}

interface RowsOf {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: string[];
  readonly rowStart: number;
  readonly rowEnd: number;
}

async function readGroup(
  path: string,
  group: RowGroup,
  range: RecordRange,
  rows: RowsOf,
): Promise<UnitInput> {
  const { rowStart, rowEnd } = rows;
  try {
    assertFits(group, rows.columns);
    const values = await parquetReadObjects({ ...rows, compressors: boundedCompressors, geoparquet: false });
    if (values.length !== rowEnd - rowStart) {
      throw new ReadError('corrupt', `${values.length} rows, its footer says ${rowEnd - rowStart}`);
    }
    const records = values.map((value, index): RecordInput => ({
      kind: 'row',
      number: rowStart + index + 1,
      value,
    }));
    return { kind: 'records', path, count: rowEnd - rowStart, records, range };
  } catch (error) {
    const { reason, detail } = skipReasonOf(error);
    const isOfFile = error instanceof Error && ('code' in error || error instanceof ReadError);
    return {
      kind: 'skipped',
      path,
      record: rowStart + 1,
      range,
      count: rowEnd - rowStart,
      reason: isOfFile ? reason : 'corrupt',
      detail: `row group ${range.rowGroup ?? 0}, rows ${rowStart + 1} to ${rowEnd}: ${detail}`,
    };
  }
}

function bufferOf(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const buffer = new ArrayBuffer(Math.max(0, Math.min(end, byteLength) - start));
      const view = new Uint8Array(buffer);
      for (let at = 0; at < view.length;) {
        const { bytesRead } = await handle.read(view, at, view.length - at, start + at);
        if (bytesRead === 0)
          throw new ReadError(
            'changed',
            `the file became shorter than its ${byteLength} bytes while it was read`,
          );
        at += bytesRead;
      }
      return buffer;
    },
  };
}

async function readMetadata(file: AsyncBuffer, handle: FileHandle): Promise<FileMetaData> {
  const tail = Buffer.alloc(4);
  await handle.read(tail, 0, 4, Math.max(0, file.byteLength - 4));
  if (file.byteLength < 12 || tail.toString('latin1') !== 'PAR1') {
    const detail = `no Parquet footer at the end of its ${file.byteLength} bytes: the file was cut, or never closed`;
    throw new ReadError('truncated', detail);
  }
  try {
    return await parquetMetadataAsync(file, { geoparquet: false });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ReadError('corrupt', `the Parquet footer cannot be read: ${detail}`);
  }
}

function columnsToRead(metadata: FileMetaData, column: string | undefined): string[] {
  const { children } = parquetSchema(metadata);
  const nameOf = ({ element }: SchemaTree): string => element.name;
  if (column !== undefined && !children.some((child) => nameOf(child) === column)) {
    const names = children.map(nameOf).join(', ');
    throw new ReadError('no-text', `no column ${JSON.stringify(column)}; there are ${names}`);
  }
  const marked = children.filter((child) => leavesOf(child).some(isMarkedText));
  // Some old writers do not say which bytes are text.
  const texts = marked.length > 0 ? marked : children.filter((child) => leavesOf(child).some(isBytes));
  const isFlat = (child: SchemaTree): boolean => child.children.length === 0 && !isBytes(child);
  return children
    .filter((child) => texts.includes(child) || isFlat(child) || nameOf(child) === column)
    .map(nameOf);
}

function leavesOf(tree: SchemaTree): SchemaTree[] {
  return tree.children.length === 0 ? [tree] : tree.children.flatMap(leavesOf);
}

function isBytes({ element }: SchemaTree): boolean {
  return element.type === 'BYTE_ARRAY';
}

function isMarkedText(leaf: SchemaTree): boolean {
  const { converted_type: converted, logical_type: logical } = leaf.element;
  return (
    isBytes(leaf) &&
    (['UTF8', 'JSON', 'ENUM'].includes(converted ?? '') ||
      ['STRING', 'JSON', 'ENUM'].includes(logical?.type ?? ''))
  );
}

function assertFits(group: RowGroup, columns: readonly string[]): void {
  const bytes = group.columns
    .flatMap(({ meta_data: data }) => (data === undefined ? [] : [data]))
    .filter(({ path_in_schema: [root] }) => root !== undefined && columns.includes(root))
    .reduce((sum, data) => sum + Number(data.total_uncompressed_size), 0);
  if (bytes > largestGroup) {
    throw new ReadError(
      'too-large',
      `${bytes} bytes unpacked, the limit is ${largestGroup}; write the file with smaller row groups`,
    );
  }
}

function byteRange({ columns }: RowGroup): { start: number; end: number } {
  const ranges = columns.flatMap(({ meta_data: data }) => {
    if (data === undefined) return [];
    const start = Number(data.dictionary_page_offset ?? data.data_page_offset);
    return [{ start, end: start + Number(data.total_compressed_size) }];
  });
  return {
    start: Math.min(...ranges.map(({ start }) => start)),
    end: Math.max(...ranges.map(({ end }) => end)),
  };
}

/** A page says how much comes out of it: what it says is checked before it is believed. */
const boundedCompressors: Compressors = Object.fromEntries(
  Object.entries({ ...compressors, ZSTD: zstdPage }).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, length: number) => {
      if (length > largestGroup || isTooCompressed(length, input.length)) {
        throw new ReadError('too-compressed', `a page of ${input.length} bytes claims to hold ${length}`);
      }
      // An empty page of LZ4 is one byte that its decoder takes for damage.
      return length === 0 ? new Uint8Array() : decompress(input, length);
    },
  ]),
);

function zstdPage(input: Uint8Array, length: number): Uint8Array {
  return decompressZstd(input, new Uint8Array(length));
}
