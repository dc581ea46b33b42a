import type { Measures } from '../src/analysis/finding.js';
import { element, signed } from './dom.js';

/**
 * That the frame hides the payload from the probe, with both scores and how little a probe can tell; nothing where it doesn't.
 * What it says stands in docs/science.md.
 */
export function slipNotice({ stealthSlip, probe, entanglement }: Measures): HTMLElement[] {
  if (stealthSlip !== true || !probe || entanglement === undefined) return [];
  const { bare, sample, threshold } = probe;
  const notice = element(
    'section',
    'slip',
    element('strong', '', 'Stealth slip: a probe no longer sees the payload under its frame'),
    element(
      'p',
      '',
      `It scores the payload ${signed(bare)} without the frame and ${signed(sample)} with it, and flags from ${signed(threshold)} on. The features keep firing: entanglement ${entanglement.toFixed(2)}.`,
    ),
    element(
      'p',
      'note',
      'The probe reads the manner of bad examples in documentation, not the fault in them, and misses most: this alone raises no level (docs/science.md).',
    ),
  );
  notice.setAttribute('aria-label', 'Stealth slip');
  return [notice];
}
