import type { SourceComment } from './comments.js';
import type { LanguageSyntax } from './languages.js';
import { isSpace } from './outline.js';

/**
 * Comments in order of position, by a lexical scan: what a parser would give, at a tenth of its price.
 * One pass; a quote that is not closed on its line is taken as a character of the code.
 */
export function scanComments(text: string, syntax: LanguageSyntax): SourceComment[] {
  const comments: SourceComment[] = [];
  const signs = [
    ...syntax.blockComments.map(([open, close]) => ({ kind: 'block' as const, open, close })),
    ...syntax.lineComments.map((open) => ({ kind: 'line' as const, open, close: '\n' })),
    ...syntax.quotes.map((open) => ({ kind: 'quote' as const, open, close: open })),
  ].sort((a, b) => b.open.length - a.open.length);
  const pattern = new RegExp(
    signs.map(({ open }) => open.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&')).join('|'),
    'gu',
  );
  if (signs.length === 0) return comments;

  for (;;) {
    const match = pattern.exec(text);
    if (match === null) break;
    const { 0: found, index: start } = match;
    const sign = signs.find(({ open }) => open === found);
    if (sign === undefined) continue;
    switch (sign.kind) {
      case 'quote': {
        const end = endOfString(text, start, sign.open);
        const prefix = /[rRbBuUfF]/u.test(text[start - 1] ?? '') ? 1 : 0;
        // A long string on lines of its own is Python's and Elixir's way to write a doc comment.
        if (sign.open.length === 3 && end > start + 3 && isStatement(text, start - prefix)) {
          comments.push({ span: { start: start - prefix, end }, kind: 'docstring', ownLine: true });
        }
        pattern.lastIndex = end;
        break;
      }
      case 'line': {
        if (!opensComment(text, start, sign.open)) break;
        const newline = text.indexOf('\n', start);
        const end = newline < 0 ? text.length : text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
        comments.push({ span: { start, end }, kind: 'line', ownLine: isOwnLine(text, start) });
        pattern.lastIndex = Math.max(end, pattern.lastIndex);
        break;
      }
      case 'block': {
        const close = text.indexOf(sign.close, start + sign.open.length);
        const end = close < 0 ? text.length : close + sign.close.length;
        comments.push({ span: { start, end }, kind: 'block', ownLine: isOwnLine(text, start) });
        pattern.lastIndex = end;
        break;
      }
    }
  }
  return comments;
}

/** A string on lines of its own that is no argument, operand or element. */
function isStatement(text: string, start: number): boolean {
  return isOwnLine(text, start) && !/[([{,=+%\\]\s*$/u.test(text.slice(Math.max(0, start - 200), start));
}

/** `#` and `//` are often something else inside a word: a URL, a regular expression, a colour, an expansion. */
function opensComment(text: string, start: number, sign: string): boolean {
  const before = start === 0 ? '\n' : (text[start - 1] ?? '\n');
  if (sign === '//') return before !== ':' && before !== '\\';
  if (sign === '#' && text[start + 1] === '{') return false;
  if (sign === ';' || sign === '%') return /\s/u.test(before);
  return /[\s;(){}]/u.test(before);
}

function endOfString(text: string, start: number, quote: string): number {
  const multiline = quote.length > 1 || quote === '`';
  for (let i = start + quote.length; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 92) i++;
    else if (code === 10 && !multiline) return start + quote.length;
    else if (text.startsWith(quote, i)) return i + quote.length;
  }
  return multiline ? start + quote.length : text.length;
}

/** Looks back only as far as white space goes, so that many comments on one long line cost no more than the line. */
export function isOwnLine(text: string, start: number): boolean {
  let at = start;
  while (at > 0) {
    const code = text.charCodeAt(at - 1);
    if (code === 10 || code === 13) return true;
    if (!isSpace(code)) return false;
    at--;
  }
  return true;
}
