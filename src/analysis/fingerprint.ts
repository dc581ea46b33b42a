import type { Span } from './span.js';
import { withoutSuppressions } from './suppressions.js';

/**
 * What makes a finding the same finding: rule, frame and payload, without suppression comments, line breaks' kind, white
 * space at the ends of lines and blank lines. It says nothing of the place, so a moved, re-indented or converted file
 * keeps its fingerprints, which are hashes of this.
 */
export function fingerprintContent(
  text: string,
  { frame, payload, rule }: { readonly frame: Span | null; readonly payload: Span; readonly rule: string },
): string {
  return JSON.stringify([rule, frame === null ? null : essence(text, frame), essence(text, payload)]);
}

function essence(text: string, { start, end }: Span): readonly string[] {
  const shown = text.slice(start, end);
  return (withoutSuppressions(shown)?.text ?? shown)
    .split(/\r\n|\n|\r/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
