import { l10n } from 'vscode';
import { filesText, findingsText } from './countText.js';
import type { ScanCounts, WorkspaceScan } from './workspaceScan.js';

/** How far the scan is, or how the last one ended; empty when there was none in this window. */
export function scanText({ isRunning, counts }: Pick<WorkspaceScan, 'isRunning' | 'counts'>): string {
  if (isRunning) return l10n.t('Scanning: {0}', countsText(counts));
  return counts.files > 0 ? l10n.t('Last scan: {0}', countsText(counts)) : '';
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
