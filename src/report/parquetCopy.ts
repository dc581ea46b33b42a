import { open } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type ConvertedType,
  type FileMetaData,
  type KeyValue,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { assertFits, boundedCompressors, bufferOf, readMetadata } from '../corpus/parquetFile.js';
import { assertLines, SourceError } from '../corpus/sourceRecords.js';
import type { ScannedFile } from './fileByFile.js';
import type { CopyCounts, CopyOptions } from './copyOptions.js';
import { type FieldMask, fieldMasks } from './payloadSpans.js';

type Row = Record<string, unknown>;

/**
 * Writes the rows of a Parquet file anew, a row group at a time, with its schema and its values as they are stored. Under
 * `mask` there is a column more: a list of `{field, start, end}`.
 *
 * @throws SourceError if the file is another one, or has a type that would not come back as it was
 */
export async function copyParquet(
  file: ScannedFile,
  options: CopyOptions,
  counts: CopyCounts,
): Promise<void> {
  const handle = await open(options.path, 'r').catch(asSourceError);
  try {
    const source = bufferOf(handle, (await handle.stat()).size);
    const metadata = await readMetadata(source, handle).catch(asSourceError);
    const columns = parquetSchema(metadata).children;
    assertKept(columns);
    const names = columns.map(({ element }) => element.name);
    const isMask = options.mode === 'mask';
    if (isMask && names.includes(options.field))
      throw new SourceError(`has a column ${options.field} already: name another with --field`);
    const schema = isMask ? withMasks(metadata.schema, options.field) : metadata.schema;
    const bytes = new ByteWriter();
    const copy = new ParquetWriter({
      writer: bytes,
      schema: schema.map(asStored),
      // They would be made of what is stored, not of what it means.
      statistics: false,
      kvMetadata: isMask ? keptMetadata(metadata, options.field) : (metadata.key_value_metadata ?? []),
    });
    for (const group of metadata.row_groups) {
      const rowEnd = counts.rows + Number(group.num_rows);
      const read = { source, metadata, group, names, rowStart: counts.rows, rowEnd };
      const { rows, masks } = await readRows(read, file.payloads).catch(asSourceError);
      const masked = masks.filter((spans) => spans.length > 0).length;
      counts.rows = rowEnd;
      counts.masked += masked;
      if (!isMask) counts.dropped += masked;
      const kept = isMask ? rows : rows.filter((_, index) => masks[index]!.length === 0);
      const columnData = names.map((name) => ({ name, data: kept.map((row) => row[name]) }));
      if (isMask) columnData.push({ name: options.field, data: masks.map((spans) => spans.map(storedMask)) });
      await copy.write({ columnData, rowGroupSize: Math.max(1, kept.length) });
      await drain(bytes, options.write);
    }
    copy.schema = schema.map(writable);
    await copy.finish();
    await drain(bytes, options.write);
    assertLines(counts.rows, file.lines);
  } finally {
    await handle.close();
  }
}

interface GroupOfRows {
  readonly source: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly group: RowGroup;
  readonly names: readonly string[];
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** The rows as they are stored, and what is to be masked in each. Texts are decoded only where there is something. */
async function readRows(
  { source, metadata, group, names, rowStart, rowEnd }: GroupOfRows,
  payloads: ScannedFile['payloads'],
): Promise<{ rows: Row[]; masks: FieldMask[][] }> {
  assertFits(group, names);
  const range = {
    file: source,
    metadata,
    rowStart,
    rowEnd,
    compressors: boundedCompressors,
    geoparquet: false,
  };
  const rows: Row[] = await parquetReadObjects({
    ...range,
    metadata: { ...metadata, schema: metadata.schema.map(asStored) },
    utf8: false,
  });
  const inRows = rows.map((_, index) => payloads.get(rowStart + index + 1) ?? []);
  const fields = new Set(inRows.flat().map(({ field }) => field));
  const columns = names.filter((name) =>
    [...fields].some((field) => field === name || field.startsWith(`${name}.`)),
  );
  const texts = columns.length === 0 ? [] : await parquetReadObjects({ ...range, columns });
  return {
    rows,
    masks: inRows.map((each, index) => (each.length === 0 ? [] : fieldMasks(texts[index], each))),
  };
}

async function drain(writer: ByteWriter, write: CopyOptions['write']): Promise<void> {
  await write(new Uint8Array(writer.buffer, 0, writer.index).slice());
  writer.index = 0;
}

/** A column without what its values mean: they are read and written as they are stored, and come out as they were. */
function asStored(element: SchemaElement): SchemaElement {
  const { name, type, type_length: length, repetition_type: repetition } = element;
  if (type === undefined) return element;
  return {
    name,
    type,
    ...(length === undefined ? {} : { type_length: length }),
    ...(repetition === undefined ? {} : { repetition_type: repetition }),
  };
}

/** The reader makes dates of the one and objects of the other, whatever is said of them. */
function assertKept(columns: readonly SchemaTree[]): void {
  for (const { element, children, path } of columns) {
    const isMap = element.converted_type === 'MAP' || element.logical_type?.type === 'MAP';
    const unkept = isMap ? 'MAP' : element.type === 'INT96' ? element.type : undefined;
    if (unkept !== undefined)
      throw new SourceError(
        `the column ${path.join('.')} is of type ${unkept}, which a copy would not keep as it is: use --format masks, or write the file as JSONL`,
      );
    assertKept(children);
  }
}

/** hyparquet-writer 0.17 writes the width of an integer in a form that Arrow refuses; the older name says the same. */
function writable({ logical_type: logical, ...element }: SchemaElement): SchemaElement {
  if (logical === undefined) return element;
  if (logical.type !== 'INTEGER') return { ...element, logical_type: logical };
  const { isSigned, bitWidth } = logical;
  return { ...element, converted_type: `${isSigned ? 'INT' : 'UINT'}_${bitWidth}` as ConvertedType };
}

function withMasks(schema: readonly SchemaElement[], name: string): SchemaElement[] {
  const [root, ...rest] = schema;
  const required = { repetition_type: 'REQUIRED' } as const;
  return [
    { ...root!, num_children: (root!.num_children ?? 0) + 1 },
    ...rest,
    { name, ...required, converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', ...required, num_children: 3 },
    { name: 'field', ...required, type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    { name: 'start', ...required, type: 'INT64' },
    { name: 'end', ...required, type: 'INT64' },
  ];
}

function storedMask({ field, start, end }: FieldMask): Row {
  return { field: Buffer.from(field), start: BigInt(start), end: BigInt(end) };
}

/**
 * The notes of other programs in the file, with the new column in those of Hugging Face `datasets`. Those of Arrow are left
 * out: they describe every column, and a reader takes the types from the schema where they are missing.
 */
function keptMetadata({ key_value_metadata: notes = [] }: FileMetaData, field: string): KeyValue[] {
  return notes
    .filter(({ key }) => key !== 'ARROW:schema')
    .map((note) => (note.key === 'huggingface' ? { ...note, value: withFeature(note.value, field) } : note));
}

function withFeature(value: string | undefined, field: string): string {
  const note = JSON.parse(value ?? '{}') as { info?: { features?: Row } };
  if (note.info?.features === undefined) return value ?? '';
  const plain = (dtype: string): object => ({ dtype, _type: 'Value' });
  note.info.features[field] = {
    feature: { field: plain('string'), start: plain('int64'), end: plain('int64') },
    _type: 'List',
  };
  return JSON.stringify(note);
}

function asSourceError(error: unknown): never {
  if (error instanceof SourceError) throw error;
  throw new SourceError(`cannot be copied: ${error instanceof Error ? error.message : String(error)}`);
}
