import { lineStart, splitLines, trimBlock, type Line } from './outline.js';
import type { Span } from '../span.js';

/** As far back as a comment may be about; a longer function is cut. */
const longestReach = 80;
const longestReachInText = 20_000;

const pointing =
  /^\W*\^|\b(?:the|this|these|that) (?:\w+ ){0,3}above(?=[.,:;!?)]|\s*$|\s+(?:is|are|was|were|does|do|has|have|will|must|may|can|lets?|leaks?|fails?|breaks?|allows?|makes?)\b)|\bthe (?:previous|preceding) (?:line|function|method|class|block|statement|query|example|code|snippet|loop|call)\b/u;
const notPointing = /\b(?:see|as (?:said|noted|described|explained|mentioned|shown)|from|listed) above\b/u;

/** Whether a comment is about what stands above it: "the function above", "^ never run this". */
export function pointsUp(comment: string): boolean {
  const text = comment.toLowerCase();
  return pointing.test(text) && !notPointing.test(text);
}

/**
 * The code that a comment at `offset`, in column `indent`, stands below: the block or declaration that ends there, or else
 * the run of lines up to a blank one or a lesser indent. Empty where there is none.
 */
export function codeAbove(text: string, offset: number, indent: number): Span {
  const end = lineStart(text, offset);
  const lines = splitLines(text, Math.max(0, end - longestReachInText), end).slice(-longestReach);
  let last = lines.length - 1;
  while (last >= 0 && isBlank(lines[last]!)) last--;
  if (last < 0 || lines[last]!.indent < indent) return { start: end, end };
  const first = closesBlock(lines[last]!, indent)
    ? startOfBlock(lines, last, indent)
    : startOfRun(lines, last, indent);
  return trimBlock(text, { start: lines[first]!.start, end: lines[last]!.end });
}

function isBlank({ indent }: Line): boolean {
  return indent === Infinity;
}

const closer = /^\s*(?:[)}\]]|(?:end|fi|done|esac)\b)/u;

/** The line ends a block that began in the comment's column. */
function closesBlock(line: Line, indent: number): boolean {
  return line.indent > indent || closer.test(line.text);
}

/** The line that opens the block, with the decorators and annotations on it. */
function startOfBlock(lines: readonly Line[], last: number, indent: number): number {
  let first = last;
  const opens = (line: Line): boolean => line.indent <= indent && !closer.test(line.text);
  while (first > 0 && !opens(lines[first]!)) first--;
  while (first > 0 && /^\s*(?:@\w|#\[)/u.test(lines[first - 1]!.text)) first--;
  return first;
}

function startOfRun(lines: readonly Line[], last: number, indent: number): number {
  let first = last;
  while (first > 0 && !isBlank(lines[first - 1]!) && lines[first - 1]!.indent >= indent) first--;
  return first;
}
