import { type RuleCode, rules } from './frames/rules.js';
import type { Span } from './span.js';

/** What a suppression asks for; `rules` absent: every rule. */
export interface SuppressionRequest {
  readonly kind: 'ignore' | 'next' | 'begin' | 'end';
  readonly rules?: readonly RuleCode[];
  readonly reason?: string;
}

/** A suppression comment as it stands in a text. */
export interface Directive {
  /** `undefined` where nothing of it can be understood. */
  readonly request: SuppressionRequest | undefined;
  /** What is wrong with it, in words. */
  readonly problems: readonly string[];
  readonly start: number;
  /** Index of its line, from 0. */
  readonly line: number;
  /** Nothing else stands on its line. */
  readonly ownLine: boolean;
  /** What goes when the comment goes: its line, or the comment with the white space before it. */
  readonly removed: Span;
}

/** Lines without their breaks. */
export interface TextLine {
  readonly start: number;
  readonly end: number;
  /** Start of the next line. */
  readonly next: number;
}

const word = 'backfire-ignore';

/** Whether it is worth reading the text for suppressions. */
export function mayHoldSuppression(text: string): boolean {
  return text.includes(word);
}

/** Lines end at LF, CRLF or CR, as in editors. */
export function textLines(text: string): TextLine[] {
  const lines: TextLine[] = [];
  let start = 0;
  for (const { 0: lineBreak, index } of text.matchAll(/\r\n|\n|\r/gu)) {
    lines.push({ start, end: index, next: index + lineBreak.length });
    start = index + lineBreak.length;
  }
  lines.push({ start, end: text.length, next: text.length });
  return lines;
}

/** A comment's sign right before the word; a star, two dots and quotes are signs at the start of a line only. */
const signBefore =
  /(?:\/\/[/!]*|\/\*+!?|<!--+|<#|#=|#+!?|--\[\[|--+|\{-|;+|%+|\.\.|\*+|[rRbBuUfF]{0,2}(?:"""|'''))[ \t]*$/u;
const onlyAtLineStart = /^(?:\.\.|\*|[rRbBuUfF]{0,2}["'])/u;
/** After these a sign is part of a string, of inline code, of a URL or of a word. */
const noCommentAfter = /["'`:]$/u;
const noLineCommentAfter = /["'`:/\w]$/u;

const closings: readonly (readonly [opening: RegExp, closing: string])[] = [
  [/^\/\*/u, '*/'],
  [/^<!--/u, '-->'],
  [/^<#/u, '#>'],
  [/^#=/u, '=#'],
  [/^--\[\[/u, ']]'],
  [/^\{-/u, '-}'],
  [/"""$/u, '"""'],
  [/'''$/u, "'''"],
];
const anyClosing = /\*\/|-->|#>|=#|\]\]|-\}|"""|'''/u;

/** A line that names us more often holds data; reading on would make a long line cost its square. */
const mostMentions = 20;
/** Code units that the sign of a comment takes at most, white space behind it included. */
const longestSign = 200;

/** Suppression comments of a text in order of position, at most one a line. */
export function findDirectives(text: string, lines: readonly TextLine[]): Directive[] {
  const directives: Directive[] = [];
  lines.forEach((line, index) => {
    const content = text.slice(line.start, line.end);
    if (!content.includes(word)) return;
    let mentions = 0;
    for (let at = content.indexOf(word); at >= 0; at = content.indexOf(word, at + word.length)) {
      if (++mentions > mostMentions) break;
      const directive = readDirective(content, at, line, index);
      if (directive === undefined) continue;
      directives.push(directive);
      break;
    }
  });
  return directives;
}

function readDirective(
  content: string,
  at: number,
  line: TextLine,
  lineIndex: number,
): Directive | undefined {
  const before = content.slice(0, at);
  const isBare = before.trim() === '';
  const sign = isBare ? '' : signOf(before);
  if (sign === undefined) return undefined;
  const closing = closings.find(([opening]) => opening.test(sign))?.[1];
  const isInsideBlock = isBare || sign.startsWith('*');
  const close = isInsideBlock
    ? content.slice(at).search(anyClosing)
    : closing === undefined
      ? -1
      : content.slice(at).indexOf(closing);
  const end = close < 0 ? content.length : at + close;
  const told = content.slice(at, end);
  // Without a sign it may be a word of a running text.
  if (isBare && !/^[\w-]+[ \t]*(?:$|\[|--)/u.test(told)) return undefined;

  const commentStart = isBare ? at : before.trimEnd().length - sign.length;
  const isClosed = closing !== undefined && close >= 0;
  const isWholeComment = isInsideBlock ? close < 0 : closing === undefined || isClosed;
  const commentEnd = isClosed && !isInsideBlock ? end + closing.length : content.length;
  // `{/* … */}` is how a comment stands in JSX, `>` how it stands in a quoted part of Markdown.
  const ownLine =
    /^[\s>]*\{?$/u.test(content.slice(0, commentStart)) &&
    /^\}?\s*$/u.test(content.slice(isWholeComment ? commentEnd : content.length));
  const removed = !isWholeComment
    ? { start: line.start + at, end: line.start + end }
    : ownLine
      ? { start: line.start, end: line.next }
      : {
          start: line.start + content.slice(0, commentStart).trimEnd().length,
          end: line.start + commentEnd,
        };
  return { ...parseRequest(told.trim()), start: line.start + at, line: lineIndex, ownLine, removed };
}

function signOf(before: string): string | undefined {
  const sign = signBefore.exec(before.slice(-longestSign))?.[0].trimEnd();
  if (sign === undefined) return undefined;
  const ahead = before.trimEnd().slice(0, -sign.length);
  if (onlyAtLineStart.test(sign)) return ahead.trim() === '' ? sign : undefined;
  return (/^(?:\/|<|--\[|\{)/u.test(sign) ? noCommentAfter : noLineCommentAfter).test(ahead)
    ? undefined
    : sign;
}

/**
 * The one grammar of suppressions: `backfire-ignore`, `-next`, `-begin` or `-end`, then rule codes in brackets, then a
 * reason behind `--`. Rules and reason may be left out; an end takes neither rules nor reason into account.
 */
export function parseRequest(told: string): Pick<Directive, 'request' | 'problems'> {
  const match = /^backfire-ignore(-[\w-]*\w)?[ \t]*(.*)$/su.exec(told);
  const suffix = match?.[1] ?? '';
  const kind = { '': 'ignore', '-next': 'next', '-begin': 'begin', '-end': 'end' }[suffix] as
    SuppressionRequest['kind'] | undefined;
  if (kind === undefined) {
    return {
      request: undefined,
      problems: [`${word}${suffix} is unknown: ${word}, ${word}-next, ${word}-begin, ${word}-end`],
    };
  }
  const rest = /^(?:\[([^\]]*)\])?[ \t]*(?:--[ \t]*(.*))?$/su.exec(match?.[2] ?? '');
  if (rest === null) {
    const problem = `${word}${suffix} is followed by something else than [rule, …] or -- reason`;
    return { request: undefined, problems: [problem] };
  }
  const codes = rest[1]?.split(',').map((code) => code.trim());
  const known = codes?.filter((code): code is RuleCode => Object.hasOwn(rules, code));
  const problems = (codes ?? [])
    .filter((code) => !Object.hasOwn(rules, code))
    .map((code) => `${word}${suffix} names ${code === '' ? 'an empty rule' : `an unknown rule: ${code}`}`);
  if (kind === 'end' && codes !== undefined) problems.push(`${word}-end takes no rules`);
  const reason = rest[2]?.trim();
  const request = {
    kind,
    ...(known === undefined || kind === 'end' ? {} : { rules: known }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
  };
  return { request, problems };
}
