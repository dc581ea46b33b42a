import { createHash } from 'node:crypto';
import { FileSystemError, FileType, type Uri, workspace } from 'vscode';
import { isBinary } from '../corpus/readText.js';
import type { SkipReason } from '../corpus/scanLine.js';

/** Larger files belong to `backfire scan`; the same bound as its default for a file. */
export const mostBytes = 4 * 1024 * 1024;

export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly detail: string };

/** The text of a file just as a document of it would hold it, read through the file-system API. */
export async function readFileText(uri: Uri): Promise<FileText> {
  try {
    const { size, type } = await workspace.fs.stat(uri);
    if ((type & FileType.File) === 0)
      return { kind: 'skipped', reason: 'not-a-file', detail: 'a folder, device, pipe or socket' };
    if (size > mostBytes)
      return { kind: 'skipped', reason: 'too-large', detail: `${size} bytes, the limit is ${mostBytes}` };
    const content = await workspace.fs.readFile(uri);
    if (isBinary(content)) return { kind: 'skipped', reason: 'binary', detail: 'holds NUL bytes' };
    return { kind: 'text', text: withOneLineBreak(await workspace.decode(content, { uri })) };
  } catch (error) {
    return { kind: 'skipped', ...skippedBecause(error) };
  }
}

/** What a failed file operation means, in the words that the command line has for it. */
export function skippedBecause(error: unknown): { reason: SkipReason; detail: string } {
  const detail = error instanceof Error ? error.message : String(error);
  const code = error instanceof FileSystemError ? error.code : '';
  if (code === 'FileNotFound') return { reason: 'missing', detail };
  return { reason: code === 'NoPermissions' ? 'no-permission' : 'unreadable', detail };
}

/** Tells one text from another; results are kept and found again by it. */
export function hashOfText(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Where a file mixes line breaks, a document has the commoner kind throughout; offsets count in that one. */
function withOneLineBreak(text: string): string {
  if (!text.includes('\r')) return text;
  const pairs = text.split('\r\n').length - 1;
  const returns = text.split('\r').length - 1;
  const feeds = text.split('\n').length - 1 - pairs;
  if (returns === pairs && feeds === 0) return text;
  return text.replace(/\r\n|\n|\r/g, returns > (returns + feeds) / 2 ? '\r\n' : '\n');
}
