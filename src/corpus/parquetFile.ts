import type { FileHandle } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  type RowGroup,
} from 'hyparquet';
import { compressors, decompressZstd } from 'hyparquet-compressors';
import { isTooCompressed } from './decompress.js';
import { ReadError } from './fileErrors.js';

/** A row group is held whole; writers make them of 64 to 128 MB, and a larger one is not read. */
const largestGroup = 512 * 1024 * 1024;

/** @throws ReadError where the file became shorter meanwhile */
export function bufferOf(handle: FileHandle, byteLength: number): AsyncBuffer {
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

/** @throws ReadError `truncated` or `corrupt` */
export async function readMetadata(file: AsyncBuffer, handle: FileHandle): Promise<FileMetaData> {
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

/** A value that repeats takes next to no bytes, however many rows hold it; each is a record all the same. */
const freeRows = 1_000_000;

/** `columns`: those that are read. @throws ReadError `too-large` or `too-compressed` */
export function assertFits(group: RowGroup, columns: readonly string[]): void {
  const read = group.columns
    .flatMap(({ meta_data: data }) => (data === undefined ? [] : [data]))
    .filter(({ path_in_schema: [root] }) => root !== undefined && columns.includes(root));
  const bytes = read.reduce((sum, data) => sum + Number(data.total_uncompressed_size), 0);
  const packed = read.reduce((sum, data) => sum + Number(data.total_compressed_size), 0);
  if (group.num_rows > freeRows && group.num_rows > 8 * packed) {
    throw new ReadError(
      'too-compressed',
      `${group.num_rows} rows in ${packed} bytes: less than a bit for each, as in a decompression bomb`,
    );
  }
  if (bytes > largestGroup) {
    throw new ReadError(
      'too-large',
      `${bytes} bytes unpacked, the limit is ${largestGroup}; write the file with smaller row groups`,
    );
  }
}

/** A page says how much comes out of it: what it says is checked before it is believed. */
export const boundedCompressors: Compressors = Object.fromEntries(
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
