import type { SkipReason } from './scanLine.js';

/** What a failed file operation means for a scan: the code of the reason and the system's own words. */
export function skipReasonOf(error: unknown): { reason: SkipReason; detail: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = error instanceof Error ? error.message : String(error);
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
