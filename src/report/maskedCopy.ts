import { resolve } from 'node:path';
import {
  assertLines,
  parseRecord,
  SourceError,
  sourceFormat,
  sourceRecords,
} from '../corpus/sourceRecords.js';
import { fileByFile, type ScannedFile } from './fileByFile.js';
import type { CopyCounts, CopyOptions } from './copyOptions.js';
import { copyParquet } from './parquetCopy.js';
import { type FieldMask, fieldMasks } from './payloadSpans.js';
import type { ReportWriter } from './reportWriter.js';

/**
 * Takes the lines of a report and writes a copy of one JSONL or Parquet file of it. Under `mask` each record gets a field
 * with the spans to mask, `[]` where there are none; under `drop` the records that have some are left out. Whatever else
 * stands in a row stays as it is: of JSONL byte by byte, of Parquet value by value.
 */
export function maskedCopy(options: CopyOptions, counts: CopyCounts): ReportWriter {
  const wanted = resolve(options.path);
  let isFound = false;
  return fileByFile({
    async file(file) {
      if (resolve(file.path) !== wanted) return;
      const format = await sourceFormat(options.path);
      if (file.isSkipped) throw new SourceError('was not read to its end by the scan');
      if (format !== 'lines' && format !== 'parquet')
        throw new SourceError('is neither JSONL nor Parquet: --format masks has the spans of any file');
      isFound = true;
      await (format === 'parquet' ? copyParquet : copyRows)(file, options, counts);
    },
    end() {
      if (isFound) return Promise.resolve();
      throw new SourceError(`the report knows nothing of ${options.path}: name the file as it was scanned`);
    },
  });
}

async function copyRows(file: ScannedFile, options: CopyOptions, counts: CopyCounts): Promise<void> {
  for await (const { number, bytes } of sourceRecords(options.path)) {
    counts.rows += 1;
    const payloads = file.payloads.get(number) ?? [];
    const spans = payloads.length === 0 ? [] : fieldMasks(parseRecord(bytes, number), payloads);
    if (spans.length > 0) counts.masked += 1;
    if (options.mode === 'drop') {
      if (spans.length > 0) counts.dropped += 1;
      else await options.write(bytes);
      continue;
    }
    const row = withField(bytes, number, options.field, spans);
    if (row === undefined && spans.length > 0)
      throw new SourceError(`line ${number} is no object, so it cannot hold a field: use --mode drop`);
    if (row === undefined && bytes.toString().trim() !== '') counts.bare += 1;
    await options.write(row ?? bytes);
  }
  assertLines(counts.rows, file.lines);
}

/** The row with a field more before its last brace: parsing and writing it again would alter long numbers. */
function withField(
  bytes: Buffer,
  number: number,
  field: string,
  spans: readonly FieldMask[],
): Buffer | undefined {
  const brace = bytes.lastIndexOf(0x7d);
  const record = parsedObject(bytes);
  if (record === undefined) return undefined;
  if (Object.hasOwn(record, field))
    throw new SourceError(`line ${number} has a field ${field} already: name another with --field`);
  const comma = Object.keys(record).length === 0 ? '' : ',';
  const added = `${comma}${JSON.stringify(field)}:${JSON.stringify(spans)}`;
  return Buffer.concat([bytes.subarray(0, brace), Buffer.from(added), bytes.subarray(brace)]);
}

function parsedObject(bytes: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
