import type { Grammars } from '../../model/grammars.js';
import { outlineAsciiDoc } from './asciiDoc.js';
import type { Candidate, TextDocument } from '../candidate.js';
import { codeFinder } from './codeCandidates.js';
import { documentKind } from './documentKind.js';
import { guessSyntax } from './languages.js';
import { outlineHtml } from './html.js';
import { outlineMarkdown } from './markdown.js';
import { findInOutline } from './outlineCandidates.js';
import { mayHoldFrame } from './prefilter.js';
import { findInRecords } from './recordCandidates.js';
import { outlineIndentedText } from './restructuredText.js';
import { findUnderSuppressions } from '../suppressions.js';

/**
 * Frames with their payloads, found by text and structure alone, in order of the payload. Everything that takes a side
 * is listed with its probability; a reader that wants findings takes those from `detection` 0.5 on.
 */
export async function findCandidates(document: TextDocument, grammars: Grammars): Promise<Candidate[]> {
  const { text } = document;
  if (!mayHoldFrame(text)) return [];
  const kind = documentKind(document);
  // In records the comments stand inside the strings, which come here one by one.
  const underSuppressions =
    kind.kind === 'records'
      ? undefined
      : findUnderSuppressions(text, (clean) => findCandidates({ ...document, text: clean }, grammars));
  if (underSuppressions !== undefined) return underSuppressions;
  const findInCode = codeFinder(grammars);
  const find = async (): Promise<Candidate[]> => {
    switch (kind.kind) {
      case 'markdown':
        return findInOutline(text, outlineMarkdown(text), '', findInCode);
      case 'restructuredText':
        return findInOutline(
          text,
          outlineIndentedText(text, { language: '', freeForm: false }),
          '',
          findInCode,
        );
      case 'asciiDoc':
        return findInOutline(text, outlineAsciiDoc(text), '', findInCode);
      case 'html':
        return findInOutline(text, outlineHtml(text), '', findInCode);
      case 'records':
        return findInRecords(text, kind.lines, (record) => findCandidates({ text: record }, grammars));
      case 'code':
        return findInCode(text, kind.syntax ?? guessSyntax(text), 0);
      default:
        return kind satisfies never;
    }
  };
  return tidy(text, await find());
}

/** In order, within the text, and each payload once: the likeliest frame of it stands. */
function tidy(text: string, candidates: readonly Candidate[]): Candidate[] {
  const byPayload = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { frame, payload } = candidate;
    if (
      payload.start >= payload.end ||
      payload.end > text.length ||
      frame.end > text.length ||
      frame.start >= frame.end
    )
      continue;
    const key = `${String(payload.start)}-${String(payload.end)}`;
    const other = byPayload.get(key);
    if (other === undefined || other.detection < candidate.detection) byPayload.set(key, candidate);
  }
  return [...byPayload.values()].sort(
    (a, b) => a.payload.start - b.payload.start || a.payload.end - b.payload.end,
  );
}
