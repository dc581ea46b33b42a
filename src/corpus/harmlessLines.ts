import type { Harmless } from '../analysis/harmless.js';
import type { TextOrigin } from './findingDraft.js';
import { TextPlaces } from './joinedText.js';
import type { HarmlessLine } from './scanLine.js';

/** A report is no copy of the corpus. */
const quoted = 200;

/** The harmless warnings of one text as lines of the report. */
export function harmlessLines(
  text: string,
  { path, record, field, parts }: TextOrigin,
  found: readonly Harmless[],
): HarmlessLine[] {
  const places = new TextPlaces(text, parts);
  return found.map(({ span, reason, detail, detection }) => {
    const place = places.of(span);
    const holder = place.field ?? field;
    return {
      type: 'harmless',
      path,
      ...(record === undefined ? {} : { record }),
      ...(holder === undefined ? {} : { field: holder }),
      line: place.line,
      column: place.column,
      text: text.slice(span.start, Math.min(span.end, span.start + quoted)),
      reason,
      detail,
      ...(detection === undefined ? {} : { detection }),
    };
  });
}
