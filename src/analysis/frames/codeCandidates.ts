import type { Grammars } from '../../model/grammars.js';
import type { Candidate } from '../candidate.js';
import { commentText, groupComments, type CommentGroup } from './commentGroups.js';
import type { NodeAt } from './comments.js';
import type { LanguageSyntax } from './languages.js';
import { linkComments, readMarkers, type CommentMarker } from './linkComments.js';
import type { MappedText } from './mappedText.js';
import { isSpace, lineStart, trimSpan } from './outline.js';
import { outlineMarkdown } from './markdown.js';
import { outlineHtml } from './html.js';
import { findInOutline, type CodeFinder } from './outlineCandidates.js';
import { withParsedCode } from './parseCode.js';
import { mayHoldFrame, mayTakeSide } from './prefilter.js';
import { outlineIndentedText } from './restructuredText.js';
import { findWarningNames } from './warningNames.js';
import { scanComments } from './scanComments.js';
import type { Span } from '../span.js';
import { looksLikeCode } from './textShape.js';

// Where indents count, a parser looks over all comments ahead at each of their lines: quadratic.
const longestParsedComment = 500;
// A comment in a comment's code in a comment: deeper than that nobody writes.
const deepest = 2;

/** Candidates of a piece of code: its comments, and the documents inside its doc comments. Spans index `text`. */
async function findInCode(
  text: string,
  syntax: LanguageSyntax,
  grammars: Grammars,
  depth: number,
): Promise<Candidate[]> {
  if (!mayHoldFrame(text)) return [];
  const groups = groupComments(text, scanComments(text, syntax), mayTakeSide);
  const markers = readMarkers(text, groups);
  const documents = depth < deepest ? await readDocuments(text, groups, syntax, grammars, depth) : [];
  const link = (nodeAt: NodeAt): Candidate[] => {
    const linked = linkCode(text, markers, nodeAt, syntax.name);
    return documents.reduce((all, { group, inside }) => settle(text, group, all, inside), linked);
  };
  // Most code has no warning above it: only what has one is worth the price of a parse.
  const asked = new Set<number>();
  const candidates = link((offset) => void asked.add(offset));
  const isAsked = ({ payload }: Candidate) => asked.has(trimSpan(text, payload).start);
  if (syntax.grammar === undefined || !isParsable(groups) || !candidates.some(isAsked)) return candidates;
  const parser = await grammars.parser(syntax.grammar);
  return parser === undefined ? candidates : withParsedCode(parser, text, link);
}

/** The search with its grammars filled in. */
export function codeFinder(grammars: Grammars): CodeFinder {
  return (code, syntax, depth) => findInCode(code, syntax, grammars, depth);
}

/** What is found inside a comment that is a document by itself. */
interface CommentDocument {
  readonly group: CommentGroup;
  readonly inside: readonly Candidate[];
}

function isParsable(groups: readonly CommentGroup[]): boolean {
  return groups.every(({ lines }) => lines.length <= longestParsedComment);
}

async function readDocuments(
  text: string,
  groups: readonly CommentGroup[],
  syntax: LanguageSyntax,
  grammars: Grammars,
  depth: number,
): Promise<CommentDocument[]> {
  const documents: CommentDocument[] = [];
  for (const group of groups) {
    if (group.lines.length < 2 || group.span.end - group.span.start > 200_000) continue;
    const mapped = commentText(text, group.lines);
    if (!holdsCode(mapped.text)) continue;
    documents.push({ group, inside: await findInComment(text, group, mapped, syntax, grammars, depth) });
  }
  return documents;
}

function linkCode(
  text: string,
  markers: readonly CommentMarker[],
  nodeAt: NodeAt,
  language: string,
): Candidate[] {
  const byComment = linkComments(text, markers, nodeAt, language);
  const firm = byComment.filter(({ detection }) => detection >= 0.5);
  // A comment on the very lines says more than the name of the function that holds them.
  const byName = findWarningNames(text, nodeAt, language).filter(
    ({ payload }) =>
      !firm.some((other) => other.payload.start < payload.end && payload.start < other.payload.end),
  );
  return [...byComment, ...byName];
}

function holdsCode(text: string): boolean {
  return (
    /`{3}|~{3}|<pre|<code|@example|@sample|::\s*$|>>>/mu.test(text) || text.split('\n').some(looksLikeCode)
  );
}

async function findInComment(
  text: string,
  group: CommentGroup,
  mapped: MappedText,
  syntax: LanguageSyntax,
  grammars: Grammars,
  depth: number,
): Promise<Candidate[]> {
  const inner = mapped.text;
  const blocks = /^\s*(?:`{3}|~{3})/mu.test(inner)
    ? outlineMarkdown(inner)
    : /<pre\b/iu.test(inner)
      ? outlineHtml(inner)
      : outlineIndentedText(inner, { language: syntax.name, freeForm: true });
  const found = await findInOutline(inner, blocks, syntax.name, codeFinder(grammars), depth + 1);
  return found.map((candidate) => ({
    ...candidate,
    frame: mapped.toSource(candidate.frame),
    payload: wholeLines(text, group, mapped.toSource(candidate.payload)),
    rule: candidate.rule === 'label-before-code' ? 'commented-out-code' : candidate.rule,
  }));
}

/** From the comment's sign on the first line, as the code stands in the file, where only the sign is before it. */
function wholeLines(text: string, group: CommentGroup, span: Span): Span {
  const start = lineStart(text, span.start);
  if (start <= group.span.start && lineStart(text, group.span.start) !== start) return span;
  for (let at = start; at < span.start; at++) {
    const char = text[at] ?? '';
    if (!isSpace(char.charCodeAt(0)) && !'/*#;-%!'.includes(char)) return span;
  }
  return { start, end: span.end };
}

/**
 * A warning inside a comment links to the code in that comment or to the code below it, never to both: to the code below
 * only where the lines after the label stand in its column and the code follows, as remarks on that code do.
 */
function settle(
  text: string,
  group: CommentGroup,
  outside: readonly Candidate[],
  inside: readonly Candidate[],
): Candidate[] {
  const firm = inside.filter(({ detection }) => detection >= 0.5);
  const within = ({ frame }: Candidate) => frame.start >= group.span.start && frame.end <= group.span.end;
  const [own, others] = [outside.filter(within), outside.filter((candidate) => !within(candidate))];
  if (firm.length === 0) return [...outside, ...(own.length > 0 ? [] : inside)];
  const remarks = firm.every(
    ({ frame, payload }) =>
      contentColumn(text, frame.start) >= contentColumn(text, payload.start) &&
      !isStatements(text.slice(payload.start, payload.end)),
  );
  const reachesCode = own.some(({ payload }) => payload.end > group.span.end);
  const fenced = /`{3}|~{3}/u.test(text.slice(group.span.start, group.span.end));
  return group.kind === 'line' && remarks && reachesCode && !fenced ? [...outside] : [...others, ...inside];
}

const commentSign = /^\s*(?:\/\/[/!]*|#+|--+|;+|%+|\*)?\s*/u;

/** Column of the first character behind the comment's sign, on the line of `offset`; a tab counts 4. */
function contentColumn(text: string, offset: number): number {
  const start = lineStart(text, offset);
  const lead = commentSign.exec(text.slice(start, start + 200))?.[0] ?? '';
  return lead.replaceAll('\t', '    ').length;
}

/** Commented-out statements, each closed as such: nobody writes remarks that way. */
function isStatements(comment: string): boolean {
  const lines = comment.split('\n').map((line) => line.replace(commentSign, '').trim());
  return lines.every((line) => line === '' || /[;{}]$/u.test(line));
}
