import { l10n } from 'vscode';
import type { SkipReason } from '../corpus/scanLine.js';
import { filesText, findingsText } from './countText.js';

/** How far a scan is. */
export interface ScanCounts {
  /** Files that were read. */
  readonly files: number;
  /** Of these, files whose results were known from before. */
  readonly unchanged: number;
  readonly findings: number;
  /** Files that changed while they were analyzed: their results are not shown. */
  readonly changed: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}

export const noCounts: ScanCounts = { files: 0, unchanged: 0, findings: 0, changed: 0, skipped: {} };

/** How far the scan is, or how the last one ended; empty when there was none in this window. */
export function scanText(isRunning: boolean, counts: ScanCounts): string {
  if (isRunning) return l10n.t('Scanning: {0}…', countsText(counts));
  return counts.files > 0 ? l10n.t('Last scan: {0}.', countsText(counts)) : '';
}

/** Everything that was not analyzed is in it; the log has each file with its reason. */
function countsText({ files, unchanged, findings, changed, skipped }: ScanCounts): string {
  const leftOut = Object.entries(skipped).map(([reason, count]) => `${count} ${l10n.t(reason)}`);
  return [
    filesText(files),
    findingsText(findings),
    ...(unchanged > 0 ? [l10n.t('{0} unchanged', unchanged)] : []),
    ...(changed > 0 ? [l10n.t('{0} changed meanwhile', changed)] : []),
    ...(leftOut.length > 0 ? [l10n.t('left out: {0}', leftOut.join(', '))] : []),
  ].join(', ');
}
