import type { Span } from '../span.js';

/**
 * A text document as a flat run of blocks in reading order, whatever its markup: what linking a frame to its payload
 * needs, and no more. All spans index the text that was outlined.
 */
export type Block =
  | { readonly kind: 'heading'; readonly span: Span; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly span: Span; readonly text: string }
  /** A container opens: `label` is whatever names it (title, class, tag name, `::: label`). */
  | { readonly kind: 'open'; readonly span: Span; readonly label: string; readonly means: ContainerKind }
  | { readonly kind: 'close' }
  /** `span` is the content as it stands, from the start of its first line, without fence lines. */
  | {
      readonly kind: 'code';
      readonly span: Span;
      readonly language: string;
      /** The rest of the info string, classes or roles on the block itself. */
      readonly marks: string;
      readonly marksSpan: Span;
    }
  /** A quotation of nothing but prose, from behind its first mark; its paragraphs follow as blocks of their own. */
  | { readonly kind: 'quote'; readonly span: Span }
  | { readonly kind: 'tableOpen' }
  | { readonly kind: 'row' }
  /** What stands in the cell follows as blocks of its own. */
  | { readonly kind: 'cell'; readonly header: boolean }
  | { readonly kind: 'cellClose' }
  | { readonly kind: 'tableClose' };

export type ContainerKind = 'container' | 'markup';

export type CodeBlock = Extract<Block, { kind: 'code' }>;

/** Span without blank lines at its start and white space at its end; begins at the start of a line where it did before. */
export function trimBlock(text: string, span: Span): Span {
  let { start, end } = span;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) {
    if (isNewline(text.charCodeAt(at))) start = at + 1;
    at++;
  }
  return { start, end: Math.max(start, end) };
}

/** Span without white space at both ends. */
export function trimSpan(text: string, span: Span): Span {
  let { start, end } = span;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  return { start, end };
}

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xfeff || code === 0xa0;
}

function isNewline(code: number): boolean {
  return code === 10 || code === 13;
}

/** Start of the line that holds `offset`. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** End of the line that holds `offset`, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  if (newline < 0) return text.length;
  return newline > offset && text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
}

/** One line, without its line break. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Columns of leading white space, a tab to the next multiple of 4; `Infinity` for a blank line. */
  readonly indent: number;
}

export function splitLines(text: string, from = 0, to = text.length): Line[] {
  const lines: Line[] = [];
  let start = from;
  while (start <= to) {
    let newline = text.indexOf('\n', start);
    if (newline < 0 || newline >= to) newline = to;
    const end = newline > start && text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
    const line = text.slice(start, end);
    lines.push({ start, end, text: line, indent: indentOf(line) });
    start = newline + 1;
  }
  return lines;
}

function indentOf(line: string): number {
  let column = 0;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code === 32) column++;
    else if (code === 9) column += 4 - (column % 4);
    else if (!isSpace(code)) return column;
  }
  return Infinity;
}
