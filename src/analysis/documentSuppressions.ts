import type { TextDocument } from './candidate.js';
import { documentKind } from './frames/documentKind.js';
import { readRecordSuppressions } from './frames/recordSuppressions.js';
import { readSuppressions, type Suppressions } from './suppressions.js';

/** The suppressions of a document, be they comments or fields of records; `undefined` where there are none. */
export function documentSuppressions(document: TextDocument): Omit<Suppressions, 'clean'> | undefined {
  const kind = documentKind(document);
  return kind.kind === 'records'
    ? readRecordSuppressions(document.text, kind.lines)
    : readSuppressions(document.text);
}
