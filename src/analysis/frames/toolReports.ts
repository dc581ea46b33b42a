import { splitLines } from './outline.js';
import type { Span } from '../span.js';

/** A report of a linter or scanner that quotes what it complains of. */
export interface ToolReport {
  readonly frame: Span;
  readonly payload: Span;
}

const complaint =
  /^[\s>*-]*(?:\w+\s)?(?:issue|problem|finding|violation|vulnerability|warning|error|defect)(?:\[\w+\])?\s*:|^\s*\[(?:critical|high|medium|low|error|warning|issue)\]\s*\S/iu;
const complaints = new RegExp(complaint.source, 'imu');
const attribute =
  /^\s*(?:severity|confidence|cwe|location|rule|category|priority|more info|check)\b|^\s*(?:-->|at\s)/iu;
const quotedCode = /^\s*\d+(?:\s*[|:]\s?|\s+|$)/u;

/**
 * Reports inside a block of output: a complaint, its attributes, then numbered lines of code.
 * Without the numbered lines there is no demonstration.
 */
export function findToolReports(text: string, span: Span): ToolReport[] {
  if (!complaints.test(text.slice(span.start, span.end))) return [];
  const lines = splitLines(text, span.start, span.end);
  const reports: ToolReport[] = [];
  let frame: Span | undefined;
  let attributes = 0;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined || line.text.length > 400) continue;
    if (complaint.test(line.text)) {
      frame = { start: line.end - line.text.trimStart().length, end: line.end };
      attributes = 0;
    } else if (frame !== undefined && attribute.test(line.text)) {
      attributes++;
    } else if (frame !== undefined && attributes > 0 && quotedCode.test(line.text)) {
      let last = line;
      while (quotedCode.test(lines[index + 1]?.text ?? '')) last = lines[++index] ?? last;
      const code = text.slice(line.start, last.end);
      if (/[\p{L}_]/u.test(code)) reports.push({ frame, payload: { start: line.start, end: last.end } });
      frame = undefined;
    }
  }
  return reports;
}
