import { open } from 'node:fs/promises';
import { skipReasonOf } from './fileErrors.js';
import type { SkipReason } from './scanLine.js';

export type TextRead =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly bytes: number;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly detail: string };

/** A NUL in this many leading bytes marks a binary file, as in git. */
const sniffedBytes = 8000;

/** Reads a whole text file, unless it is binary or over the budget: then not more of it than is needed to know. */
export async function readText(path: string, maxBytes: number): Promise<TextRead> {
  try {
    const file = await open(path, 'r');
    try {
      const status = await file.stat();
      if (status.isDirectory()) return { kind: 'skipped', reason: 'not-a-file', detail: 'a folder' };
      if (status.size > maxBytes) return tooLarge(status.size, maxBytes);
      const head = Buffer.alloc(Math.min(sniffedBytes, maxBytes));
      const { bytesRead } = await file.read(head, 0, head.length, status.isFile() ? 0 : null);
      const sniffed = head.subarray(0, bytesRead);
      if (isBinary(sniffed)) return binary;
      const chunks: Uint8Array[] = [sniffed];
      let bytes = bytesRead;
      // Read on until the end, not until the size: a pipe has none, and a file may be growing.
      for await (const chunk of file.createReadStream({
        autoClose: false,
        ...startAfter(status.isFile(), bytes),
      })) {
        chunks.push(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (bytes > maxBytes) return tooLarge(bytes, maxBytes);
      }
      return decodeText(Buffer.concat(chunks, bytes));
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: 'skipped', ...skipReasonOf(error) };
  }
}

/** Reads standard input whole, under the same rules. */
export async function readTextStream(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<TextRead> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) return tooLarge(bytes, maxBytes);
  }
  const all = Buffer.concat(parts, bytes);
  return isBinary(all) ? binary : decodeText(all);
}

/**
 * Decodes UTF-8, or UTF-16 with a byte order mark. The mark is no part of the text, as in editors, so spans and
 * columns count from the character after it. What is no UTF-8 becomes U+FFFD and is noted.
 */
export function decodeText(data: Uint8Array): TextRead & { readonly kind: 'text' } {
  const encoding = utf16Encoding(data);
  if (encoding !== undefined) {
    const text = new TextDecoder(encoding).decode(data);
    return { kind: 'text', text, bytes: data.length, notes: [`decoded as ${encoding.toUpperCase()}`] };
  }
  try {
    return {
      kind: 'text',
      text: new TextDecoder('utf-8', { fatal: true }).decode(data),
      bytes: data.length,
      notes: [],
    };
  } catch {
    const text = new TextDecoder('utf-8').decode(data);
    return {
      kind: 'text',
      text,
      bytes: data.length,
      notes: ['bytes that are not UTF-8 were replaced by U+FFFD'],
    };
  }
}

/** Whether a file that begins like this is no text. */
export function isBinary(start: Uint8Array): boolean {
  return utf16Encoding(start) === undefined && start.subarray(0, sniffedBytes).includes(0);
}

function utf16Encoding(data: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (data[0] === 0xff && data[1] === 0xfe) return 'utf-16le';
  if (data[0] === 0xfe && data[1] === 0xff) return 'utf-16be';
  return undefined;
}

function startAfter(isFile: boolean, bytes: number): { start?: number } {
  return isFile ? { start: bytes } : {};
}

const binary: TextRead = { kind: 'skipped', reason: 'binary', detail: 'holds NUL bytes' };

function tooLarge(bytes: number, maxBytes: number): TextRead {
  return {
    kind: 'skipped',
    reason: 'too-large',
    detail: `at least ${bytes} bytes, the limit is ${maxBytes}`,
  };
}
