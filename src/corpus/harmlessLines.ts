import type { Harmless } from '../analysis/harmless.js';
import type { TextOrigin } from './findingDraft.js';
import { LinePlaces } from './linePlaces.js';
import type { HarmlessLine } from './scanLine.js';

/** A report is no copy of the corpus. */
const quoted = 200;

/** The harmless warnings of one text as lines of the report. */
export function harmlessLines(
  text: string,
  { path, record, field }: TextOrigin,
  found: readonly Harmless[],
): HarmlessLine[] {
  const places = new LinePlaces(text);
  return found.map(({ span, reason, detail, detection }) => ({
    type: 'harmless',
    path,
    ...(record === undefined ? {} : { record }),
    ...(field === undefined ? {} : { field }),
    ...places.at(span.start),
    text: text.slice(span.start, Math.min(span.end, span.start + quoted)),
    reason,
    detail,
    ...(detection === undefined ? {} : { detection }),
  }));
}
