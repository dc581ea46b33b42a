import { judgeLabel, type Verdict } from './labels.js';
import { splitLines, trimBlock } from './outline.js';
import type { Span } from '../span.js';

/** A stretch of a block of code under a label that stands in the code as plain text: "No:  foo()". */
export interface LabelledStretch {
  readonly label: Span;
  readonly verdict: Verdict;
  readonly code: Span;
}

const labelAtStart = /^[ \t]{0,8}([\p{L}❌✅👎👍🚫][\p{L}' ’]{0,24}|[❌✅👎👍🚫])\s?:{1,2}(?=\s|$)/u;

/**
 * Stretches of a block by the labels written into it, where it opens with one. Labels that are keywords in front of a
 * colon ("default:", "else:") take no side and so do not count.
 */
export function splitByLabels(text: string, span: Span): LabelledStretch[] {
  const marks: { label: Span; verdict: Verdict }[] = [];
  const first = trimBlock(text, span);
  if (!labelAtStart.test(text.slice(first.start, Math.min(first.end, first.start + 80)))) return [];
  for (const line of splitLines(text, span.start, span.end)) {
    if (line.indent === Infinity) continue;
    const match = labelAtStart.exec(line.text.slice(0, 80));
    const verdict = match === null ? undefined : judgeLabel(match[0].trim());
    const labelled = verdict !== undefined && verdict.bare && verdict.strength >= 0.9;
    if (marks.length === 0 && !labelled) return [];
    if (!labelled || match === null) continue;
    const indent = line.text.length - line.text.trimStart().length;
    marks.push({ label: { start: line.start + indent, end: line.start + match[0].length }, verdict });
  }
  return marks.flatMap(({ label, verdict }, index) => {
    const next = marks[index + 1]?.label.start;
    const end = next === undefined ? span.end : text.lastIndexOf('\n', next);
    const code = trimBlock(text, { start: label.end, end: Math.max(label.end, end) });
    let { start } = code;
    while (
      start < code.end &&
      (text[start] === ' ' || text[start] === '\t') &&
      start < text.indexOf('\n', label.end)
    )
      start++;
    return /[\p{L}\p{N}]/u.test(text.slice(code.start, code.end))
      ? [{ label, verdict, code: { start, end: code.end } }]
      : [];
  });
}
