import { parquetWriteBuffer } from 'hyparquet-writer';

/** A Zstandard frame that stores its data as it is: Node 20 can't compress. */
export function storedZstd(data: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < data.length || blocks.length === 0; at += zstdBlock) {
    const block = data.subarray(at, at + zstdBlock);
    const isLast = at + zstdBlock >= data.length;
    blocks.push(blockHeader(isLast, 0, block.length), block);
  }
  return Buffer.concat([zstdHeader, ...blocks]);
}

/** A Zstandard frame of `blocks` times 128 KiB of one byte: 4 bytes for each. */
export function zstdBomb(blocks: number): Uint8Array {
  const block = Buffer.concat([blockHeader(false, 1, zstdBlock), Buffer.from('x')]);
  return Buffer.concat([zstdHeader, ...Array.from({ length: blocks }, () => block), blockHeader(true, 0, 0)]);
}

const zstdBlock = 128 * 1024;
/** Magic number, no checksum, a window of 128 KiB. */
const zstdHeader = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]);

function blockHeader(isLast: boolean, type: 0 | 1, size: number): Uint8Array {
  const header = Buffer.alloc(3);
  header.writeUIntLE((isLast ? 1 : 0) | (type << 1) | (size << 3), 0, 3);
  return header;
}

/** A Parquet file with these columns, in row groups of `rowGroupSize` rows. */
export function parquetOf(columns: Record<string, unknown[]>, rowGroupSize = 1000): Uint8Array {
  const columnData = Object.entries(columns).map(([name, data]) => ({ name, data }));
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize }));
}
