import type { Candidate } from '../candidate.js';
import type { CommentGroup, CommentLine } from './commentGroups.js';
import { codeAbove, pointsUp } from './codeAbove.js';
import type { NodeAt } from './comments.js';
import { judgeLabel, type Verdict } from './labels.js';
import { isSpace, lineEnd, lineStart, trimBlock, trimSpan } from './outline.js';
import { callsWrong } from './proseCues.js';
import type { Span } from '../span.js';
import { looksLikeCode } from './textShape.js';

/** A comment that takes a side, with what it takes to know how far it reaches. */
export interface CommentMarker {
  readonly verdict: Verdict;
  readonly frame: Span;
  readonly ownLine: boolean;
  /** Past the first line of a docstring, which is about the text there: only its first line may be about the code below. */
  readonly insideDocstring: boolean;
  /** Where the code that it may be about begins, and where the comment ends: the rest of it may be that code. */
  readonly after: number;
  readonly commentEnd: number;
  readonly indent: number;
}

/** Below this a comment neither marks nor ends a run: it is an ordinary remark. */
const leastStrength = 0.3;
/** From here on it makes a finding. */
const decided = 0.5;
const endsRunFrom = 0.6;
const ambiguousInComments = 0.65;
/** A line this long may have been broken in the middle of a sentence. */
const wrappedLine = 40;
/** A section without an end is cut: a marker is not about hundreds of lines. */
const longestRun = 80;
// One document with thousands of markers is generated, and each costs a look around it.
const mostMarkers = 2000;

/** Comments that take a side, in order of position. */
export function readMarkers(text: string, groups: readonly CommentGroup[]): CommentMarker[] {
  return groups.flatMap((group) => markersOf(text, group)).slice(0, mostMarkers);
}

/** Links comments that warn to the code below or beside them. */
export function linkComments(
  text: string,
  markers: readonly CommentMarker[],
  nodeAt: NodeAt,
  language: string,
): Candidate[] {
  return markers.flatMap((marker, index) => {
    if (marker.verdict.polarity !== 'bad' || marker.insideDocstring) return [];
    const candidate = marker.ownLine
      ? belowOrAbove(text, marker, nextMarker(markers, index), nodeAt, language)
      : codeBeside(text, marker, language);
    return candidate === undefined ? [] : [candidate];
  });
}

function markersOf(text: string, group: CommentGroup): CommentMarker[] {
  const indent = columnOf(text, group.span.start);
  const markers: CommentMarker[] = [];
  const judged = group.lines.map((line) => judgeCommentLine(text, line));
  // For each line the next one that ends a run, found from the end: a comment may have very many lines.
  const following: number[] = [];
  let nextFirm = group.lines.length;
  for (let index = judged.length - 1; index >= 0; index--) {
    following[index] = nextFirm;
    if ((judged[index]?.strength ?? 0) >= endsRunFrom) nextFirm = index;
  }
  judged.forEach((verdict, index) => {
    const line = group.lines[index];
    if (line === undefined || verdict === undefined || verdict.strength < leastStrength) return;
    if (index > 0 && continuesSentence(text, group, index) && !(verdict.bare && verdict.strength >= 0.9))
      return;
    if (
      group.lines.length > 1 &&
      looksLikeCode(text.slice(line.content.start, line.content.end)) &&
      !verdict.bare
    )
      return;
    const next = following[index] ?? group.lines.length;
    const code = verdict.bare ? undefined : commentedOut(text, group, index + 1, next);
    const lastLine = (verdict.bare ? line : group.lines[(code?.wordsEnd ?? next) - 1]) ?? line;
    const isLast = lastLine === group.lines.at(-1);
    const frame = trimSpan(text, {
      start: line.span.start,
      end: isLast ? group.span.end : lastLine.span.end,
    });
    markers.push({
      verdict,
      frame,
      ownLine: group.ownLine,
      insideDocstring: group.kind === 'docstring' && index > 0,
      after: code?.start ?? frame.end,
      commentEnd: group.span.end,
      indent,
    });
  });
  // What a whole comment says outright counts for more than a word of it that decides nothing.
  const whole = markers.some(isDecided) ? undefined : judgeCommentProse(text, group);
  if (whole === undefined) return markers;
  return [
    {
      verdict: whole,
      frame: group.span,
      ownLine: group.ownLine,
      insideDocstring: false,
      after: group.span.end,
      commentEnd: group.span.end,
      indent,
    },
  ];
}

function isDecided({ verdict }: CommentMarker): boolean {
  return verdict.strength >= decided;
}

/** The commented-out code that the lines `from` to `to` end with: where it starts, and the line at which the words before it end. */
function commentedOut(
  text: string,
  group: CommentGroup,
  from: number,
  to: number,
): { readonly start: number; readonly wordsEnd: number } | undefined {
  const line = (index: number): string => contentOf(text, group.lines[index]!);
  let first = to;
  while (first > from && isCodeInComment(line(first - 1))) first--;
  // A sentence that goes on may name code; what only code has is needed there.
  if (first === to || (continuesSentence(text, group, first) && !surelyCode.test(line(first))))
    return undefined;
  let wordsEnd = first;
  while (wordsEnd > from && line(wordsEnd - 1) === '') wordsEnd--;
  return { start: lineStart(text, group.lines[first]!.span.start), wordsEnd };
}

const surelyCode = /[;{}]$|\s[|=]\s/u;

/** Not the tags of documentation (`@example`, `</summary>`), nor a sentence that ends with a name. */
function isCodeInComment(line: string): boolean {
  return looksLikeCode(line) && !/^[@<]|[\w'"`)]\.$/u.test(line);
}

function contentOf(text: string, { content }: CommentLine): string {
  return text.slice(content.start, content.end).trim();
}

/** Inside a running sentence a line that begins with "bad" is no marker. */
function continuesSentence(text: string, group: CommentGroup, index: number): boolean {
  const previous = group.lines[index - 1];
  if (previous === undefined) return false;
  const before = contentOf(text, previous);
  return before.length >= wrappedLine && !/[.:;!?。：！？]$/u.test(before);
}

function judgeCommentLine(text: string, line: CommentLine): Verdict | undefined {
  if (line.content.end - line.content.start > 400) return undefined;
  const content = contentOf(text, line);
  // The info string of a fence marks the code in the comment, not the code under it.
  if (/^(?:`{3}|~{3})/u.test(content)) return undefined;
  const verdict =
    judgeLabel(content) ?? (content.length > 200 ? judgeLabel(content.slice(0, 100)) : undefined);
  // Programs are full of comments on errors and failing cases that no reader takes for a label.
  if (verdict?.grade !== 'ambiguous' || verdict.polarity === 'good') return verdict;
  // "UNSAFE: no limit" is written to be seen.
  if (/^\W*\p{Lu}{4,}\s*[:：!—-]/u.test(content)) return verdict;
  return { ...verdict, strength: verdict.strength * ambiguousInComments };
}

/** A comment without a label may still say outright that what it stands with is wrong. */
function judgeCommentProse(text: string, group: CommentGroup): Verdict | undefined {
  if (group.kind === 'docstring' || group.span.end - group.span.start > 600) return undefined;
  const content = group.lines.map((line) => text.slice(line.content.start, line.content.end)).join(' ');
  return callsWrong(content)
    ? { polarity: 'bad', strength: 0.65, bare: false, grade: 'ambiguous' }
    : undefined;
}

function nextMarker(markers: readonly CommentMarker[], index: number): number {
  for (let i = index + 1; i < markers.length; i++) {
    const marker = markers[i];
    if (marker !== undefined && marker.ownLine && marker.verdict.strength >= endsRunFrom)
      return marker.frame.start;
  }
  return Infinity;
}

/** A sentence that points up is about the code above it; so is one that blames outright and is the last in its block. */
function belowOrAbove(
  text: string,
  marker: CommentMarker,
  limit: number,
  nodeAt: NodeAt,
  language: string,
): Candidate | undefined {
  const sentence = marker.verdict.bare ? '' : text.slice(marker.frame.start, marker.frame.end);
  const up = isDecided(marker) && pointsUp(sentence);
  const below = up ? undefined : codeBelow(text, marker, limit, nodeAt, language);
  if (below !== undefined || !(up || (marker.indent > 0 && callsWrong(sentence)))) return below;
  const payload = codeAbove(text, marker.frame.start, marker.indent);
  return linked(text, marker, { payload, language, rule: 'comment-below-code', where: 'below the code' });
}

/** A finding, unless there is nothing in the payload that could be learnt. */
function linked(
  text: string,
  { frame, verdict }: CommentMarker,
  { payload, language, rule, where }: Pick<Candidate, 'payload' | 'language' | 'rule'> & { where: string },
): Candidate | undefined {
  if (!hasWord(text, payload)) return undefined;
  const reasons = [`comment ${quote(text, frame)} ${where}`];
  return { frame, payload, language, rule, detection: verdict.strength, reasons };
}

function codeBelow(
  text: string,
  marker: CommentMarker,
  limit: number,
  nodeAt: NodeAt,
  language: string,
): Candidate | undefined {
  const begin = skipSpace(text, marker.after, Math.min(limit, text.length));
  if (begin >= Math.min(limit, text.length)) return undefined;
  const dedent = endOfRun(text, begin, marker.indent);
  // Behind a sentence the rest of the comment is the code it is about; behind a bare label it may be more words on it.
  const isCommentedOut = begin < marker.commentEnd && !marker.verdict.bare;
  let end = Math.min(limit, isCommentedOut ? marker.commentEnd : dedent);
  const node = needsTree(text, marker, { start: begin, end }) ? nodeAt(begin) : undefined;
  if (node !== undefined) {
    if (node.declaration && !marker.verdict.bare) end = Math.min(limit, node.end);
    else
      end = Math.min(
        limit,
        Math.max(Math.min(dedent, node.scopeEnd), Math.min(node.end, lineEnd(text, begin))),
      );
  }
  if (end === limit) end = lineStart(text, end);
  const payload = trimBlock(text, {
    start: lineStartUnlessShared(text, begin, marker.after),
    end: Math.max(begin, end),
  });
  const rule = marker.verdict.bare ? 'comment-section' : 'comment-above-code';
  return linked(text, marker, { payload, language, rule, where: 'above the code' });
}

/** Whether a parser may end the payload elsewhere than indentation does, and a finding hangs on it. */
function needsTree(text: string, { verdict, commentEnd }: CommentMarker, run: Span): boolean {
  if (verdict.strength < decided || run.start < commentEnd) return false;
  return !verdict.bare || leavesBlock(text.slice(run.start, run.end));
}

/** Whether a run of code closes a block that it did not open. */
function leavesBlock(code: string): boolean {
  let depth = 0;
  for (let i = 0; i < code.length; i++) {
    const char = code[i] ?? '';
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char) && --depth < 0) return true;
  }
  return /^\s*(?:end|fi|done|esac)\b/mu.test(code);
}

function codeBeside(text: string, marker: CommentMarker, language: string): Candidate | undefined {
  const start = lineStart(text, marker.frame.start);
  const payload = trimBlock(text, { start, end: marker.frame.start });
  return linked(text, marker, {
    payload,
    language,
    rule: 'comment-beside-code',
    where: 'at the end of the line',
  });
}

/** End of the last line, from `begin` on, that is not indented less than the marker. */
function endOfRun(text: string, begin: number, indent: number): number {
  let end = lineEnd(text, begin);
  let at = text.indexOf('\n', end) + 1;
  for (let lines = 1; at > 0 && lines < longestRun; lines++) {
    const content = skipSpace(text, at, text.length);
    if (content >= text.length) break;
    if (columnOf(text, content) < indent) break;
    end = lineEnd(text, content);
    at = text.indexOf('\n', end) + 1;
  }
  return end;
}

/** White-space columns between the start of the line and `offset`; a tab reaches to the next multiple of 4. */
function columnOf(text: string, offset: number): number {
  let column = 0;
  let start = offset;
  while (start > 0 && offset - start < 400 && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  for (let i = start; i < offset; i++) column += text[i] === '\t' ? 4 - (column % 4) : 1;
  return column;
}

function lineStartUnlessShared(text: string, begin: number, after: number): number {
  return Math.max(lineStart(text, begin), after);
}

function skipSpace(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function hasWord(text: string, span: Span): boolean {
  return /[\p{L}\p{N}]/u.test(text.slice(span.start, Math.min(span.end, span.start + 4000)));
}

/** The first line of a span, short enough for a sentence about it. */
export function quote(text: string, span: Span): string {
  const [line = ''] = text
    .slice(span.start, Math.min(span.end, span.start + 200))
    .trim()
    .split('\n');
  const clipped = line.trim();
  return `"${clipped.length > 80 ? `${clipped.slice(0, 79)}…` : clipped}"`;
}
