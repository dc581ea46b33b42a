import { compressionOf, decompress } from './decompress.js';
import { sniffedBytes } from './formats.js';
import { peek, type Peeked } from './peek.js';

/** What stands in a stream, decompressed where its first bytes say that it is compressed, with enough of it to tell the format. */
export async function unpacked(packed: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const outside = await peek(packed, sniffedBytes);
  const compression = compressionOf(outside.head);
  return compression === undefined ? outside : peek(decompress(outside.chunks, compression), sniffedBytes);
}
