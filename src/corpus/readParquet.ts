import type { FileHandle } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { ReadError, skipReasonOf } from './fileErrors.js';
import { assertFits, boundedCompressors, bufferOf, readMetadata } from './parquetFile.js';
import { atStart, type Begun } from './readLines.js';
import type { RecordInput, RecordRange, UnitInput } from './unitInput.js';

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
