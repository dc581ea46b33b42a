import { Range, type TextDocument } from 'vscode';
import type { Span } from '../analysis/span.js';

export function rangeOf(document: TextDocument, { start, end }: Span): Range {
  return new Range(document.positionAt(start), document.positionAt(end));
}
