import type { TextDocument } from './candidate.js';
import { documentKind } from './frames/documentKind.js';
import { readJsonStrings } from './frames/jsonStrings.js';
import { guessSyntax, type LanguageSyntax } from './frames/languages.js';
import { lineStart } from './frames/outline.js';
import type { RuleCode } from './frames/rules.js';
import { scanComments } from './frames/scanComments.js';
import type { Span } from './span.js';
import { suppressingField } from './suppressions.js';

/** Text to insert so that a finding is suppressed. */
export interface SuppressionInsertion {
  readonly offset: number;
  readonly text: string;
}

/**
 * The suppression that a person would write above a finding, in the comment syntax that holds at that place: a line of
 * its own before the first of frame and payload, or the field of a data record.
 */
export function insertSuppression(
  document: TextDocument,
  {
    frame,
    payload,
    rule,
  }: { readonly frame?: Span | undefined; readonly payload: Span; readonly rule?: RuleCode },
): SuppressionInsertion | undefined {
  const { text } = document;
  const rules = rule === undefined ? '' : `[${rule}]`;
  const kind = documentKind(document);
  const first = Math.min(frame?.start ?? payload.start, payload.start);
  if (kind.kind === 'records') return insertField(text, kind.lines, payload, rules);
  const isInComment = rule?.startsWith('comment') === true;
  const offset = kind.kind === 'markdown' && !isInComment ? beforeFence(text, first) : lineStart(text, first);
  const line = text.slice(offset, offset + 400).split(/\r?\n/u)[0] ?? '';
  const indent = /^[\s>]*/u.exec(line)?.[0] ?? '';
  const lineBreak = /\r\n|\n/u.exec(text)?.[0] ?? '\n';
  const told = `backfire-ignore-next${rules}`;
  const whole = (comment: string): SuppressionInsertion => ({
    offset,
    text: `${indent}${comment}${lineBreak}`,
  });
  const sign = isInComment ? /\/\/|#|--|;|%/u.exec(line)?.[0] : undefined;
  switch (kind.kind) {
    case 'markdown':
    case 'html':
      // A comment in the code of a fence is answered by a comment of that code.
      return whole(sign !== undefined ? `${sign} ${told}` : `<!-- ${told} -->`);
    case 'restructuredText':
      return whole(`.. ${told}${lineBreak}`);
    case 'asciiDoc':
      return whole(`// ${told}`);
    case 'code': {
      const syntax = kind.syntax ?? guessSyntax(text);
      const isInside = scanComments(text, syntax).some(
        ({ kind: comment, span }) => comment !== 'line' && span.start < offset && offset < span.end,
      );
      if (isInside) return whole(line.slice(indent.length).startsWith('*') ? `* ${told}` : told);
      return whole(commented(told, syntax));
    }
    default:
      return kind satisfies never;
  }
}

/** The line of an offset; inside a fence, the line that opens it: a reader would see the comment in the code. */
function beforeFence(text: string, offset: number): number {
  let fence: { readonly mark: string; readonly start: number } | undefined;
  const start = lineStart(text, offset);
  for (const match of text.slice(0, start).matchAll(/^[ \t>]*(?:[-*+] +|\d+[.)] +)?(`{3,}|~{3,})/gmu)) {
    const [, mark = ''] = match;
    if (fence === undefined) fence = { mark, start: match.index };
    else if (mark.startsWith(fence.mark)) fence = undefined;
  }
  return fence?.start ?? start;
}

function commented(told: string, { lineComments, blockComments }: LanguageSyntax): string {
  const [sign] = lineComments;
  if (sign !== undefined) return `${sign} ${told}`;
  const [open, close] = blockComments[0] ?? ['<!--', '-->'];
  return `${open.trim()} ${told} ${close.trim()}`;
}

/** As the first field of the record that holds the payload. */
function insertField(
  text: string,
  linewise: boolean,
  payload: Span,
  rules: string,
): SuppressionInsertion | undefined {
  const from = linewise ? lineStart(text, payload.start) : 0;
  const end = linewise ? text.indexOf('\n', payload.start) : -1;
  const record = readJsonStrings(text, from, end < 0 ? text.length : end).find(
    ({ span }) => span.start <= payload.start && payload.start < span.end,
  );
  const isObject = record !== undefined && text[record.span.start] === '{';
  if (!isObject) return undefined;
  return { offset: record.span.start + 1, text: `"${suppressingField}": "ignore${rules}", ` };
}
