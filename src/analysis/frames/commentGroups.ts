import type { SourceComment } from './comments.js';
import { MappedTextBuilder, type MappedText } from './mappedText.js';
import { splitLines } from './outline.js';
import type { Span } from '../span.js';

/** A comment as a person reads it: line comments on adjacent lines are one. */
export interface CommentGroup {
  readonly span: Span;
  readonly ownLine: boolean;
  readonly kind: SourceComment['kind'];
  readonly lines: readonly CommentLine[];
}

/** One line of a comment: `content` is what is left without the comment's signs, its indent kept. */
export interface CommentLine {
  /** From the comment's sign to the end of the line. */
  readonly span: Span;
  readonly content: Span;
}

/**
 * Groups comments that stand on adjacent lines in the same column, and keeps those whose text passes `isWanted`.
 * `comments` are in order of position.
 */
export function groupComments(
  text: string,
  comments: readonly SourceComment[],
  isWanted: (comment: string) => boolean,
): CommentGroup[] {
  const groups: CommentGroup[] = [];
  let run: SourceComment[] = [];
  const flush = () => {
    const [first] = run;
    const last = run.at(-1);
    if (first === undefined || last === undefined) return;
    const span = { start: first.span.start, end: last.span.end };
    if (isWanted(text.slice(span.start, span.end))) {
      const lines = run.flatMap((comment) => commentLines(text, comment));
      groups.push({ span, ownLine: first.ownLine, kind: first.kind, lines });
    }
    run = [];
  };
  for (const comment of comments) {
    const previous = run.at(-1);
    if (previous !== undefined && !continues(text, previous, comment)) flush();
    run.push(comment);
    if (comment.kind !== 'line' || !comment.ownLine) flush();
  }
  flush();
  return groups;
}

function continues(text: string, previous: SourceComment, next: SourceComment): boolean {
  if (!next.ownLine || previous.kind !== next.kind) return false;
  const gap = text.slice(previous.span.end, next.span.start);
  if (gap.length > 1000 || !/^[ \t]*\r?\n[ \t]*$/u.test(gap)) return false;
  return column(text, previous.span.start) === column(text, next.span.start);
}

function column(text: string, offset: number): number {
  return offset - text.lastIndexOf('\n', offset - 1);
}

const lineSign = /^(?:\/\/[/!]*|#+!?(?!\[)|--+|;+|%+)/u;
const blockOpening = /^(?:\/\*+!?|<!--|<#|=begin|--\[\[|\{-|#=|[rRbBuUfF]{0,2}(?:"""|'''))/u;
const blockClosing = /(?:\*+\/|-->|#>|=end|\]\]|-\}|=#|"""|''')$/u;

function commentLines(text: string, comment: SourceComment): CommentLine[] {
  const { start, end } = comment.span;
  if (comment.kind === 'line') {
    const sign = lineSign.exec(text.slice(start, start + 100))?.[0] ?? '';
    return [{ span: comment.span, content: { start: start + sign.length, end } }];
  }
  const open = blockOpening.exec(text.slice(start, start + 100))?.[0].length ?? 0;
  const close = blockClosing.exec(text.slice(Math.max(start + open, end - 20), end))?.[0].length ?? 0;
  const lines = splitLines(text, Math.min(start + open, end), Math.max(start + open, end - close));
  // A gutter of stars is decoration only where each line has it.
  const gutter = lines
    .slice(1)
    .every((line) => line.indent === Infinity || line.text.trimStart().startsWith('*'));
  // The first line stands behind the opening sign: the others' common indent says nothing (PEP 257).
  const common = gutter ? 0 : Math.min(...lines.slice(1).map((line) => leadingSpace(line.text)));
  return lines.map((line, index) => {
    const sign = gutter ? (/^\s*\*/u.exec(line.text)?.[0].length ?? 0) : Math.min(common, line.text.length);
    const from = line.start + (index > 0 ? sign : 0);
    return {
      span: { start: index === 0 ? start : line.start, end: line.end },
      content: { start: Math.min(from, line.end), end: line.end },
    };
  });
}

function leadingSpace(line: string): number {
  const space = /^\s*/u.exec(line)?.[0].length ?? 0;
  return space === line.length ? Infinity : space;
}

/** Text of a comment without its signs, line by line. */
export function commentText(text: string, lines: readonly CommentLine[]): MappedText {
  const builder = new MappedTextBuilder();
  for (const line of lines) {
    builder.take(text, line.content).put('\n', { start: line.content.end, end: line.content.end });
  }
  return builder.build();
}
