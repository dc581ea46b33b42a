import type { SkipReason } from './scanLine.js';

/** Something in a file that ends the reading of it. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
  constructor(
    readonly reason: SkipReason,
    message: string,
  ) {
    super(message);
  }
}

/** What a failed file operation means for a scan: the code of the reason and the words for a person. */
export function skipReasonOf(error: unknown): { reason: SkipReason; detail: string } {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof ReadError) return { reason: error.reason, detail };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return { reason: 'no-permission', detail };
    case 'ENOENT':
    case 'ENOTDIR':
      return { reason: 'missing', detail };
    case 'ELOOP':
      return { reason: 'symlink-loop', detail };
    default:
      return { reason: 'unreadable', detail };
  }
}
