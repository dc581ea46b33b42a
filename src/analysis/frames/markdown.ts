import { parser as commonMark, Table } from '@lezer/markdown';
import type { SyntaxNode } from '@lezer/common';
import { HtmlOutliner } from './html.js';
import { splitLines, trimSpan, type Block } from './outline.js';
import { codeShare, looksLikeCode } from './textShape.js';
import type { Span } from '../span.js';

// Blocks alone are asked for. Inline parsers are off: they cost most of the time, and nested brackets make them quadratic.
const blockParser = commonMark.configure([
  Table,
  {
    remove: [
      'Escape',
      'Entity',
      'InlineCode',
      'HTMLTag',
      'Emphasis',
      'HardBreak',
      'Link',
      'Image',
      'LinkEnd',
    ],
  },
]);

// With none of them left it would still walk over all characters.
blockParser.parseInline = () => [];

// A line that the block parser would walk again for each nested mark; real Markdown has none.
const deepestNesting = 100;

/** Outline of CommonMark with tables, `:::` containers, `!!!` admonitions, `===` tabs, alerts and embedded HTML. */
export function outlineMarkdown(text: string): Block[] {
  const blocks: Block[] = [];
  const html = new HtmlOutliner(text, blocks);
  visit(text, blockParser.parse(prepare(text)).topNode, blocks, html);
  html.finish();
  return blocks;
}

/**
 * Same length, so that offsets hold. Runs of quote and list marks that no person writes become letters, and a carriage
 * return a space: the parser takes a line that holds one for a line with content, and so ends no block of HTML at it.
 */
function prepare(text: string): string {
  return text
    .replace(/\r(?=\n)/gu, ' ')
    .replace(new RegExp(`^(?:[ \\t]*(?:>|[-*+](?=[ \\t]))){${String(deepestNesting)},}`, 'gmu'), (run) =>
      'x'.repeat(run.length),
    );
}

function visit(text: string, parent: SyntaxNode, blocks: Block[], html: HtmlOutliner): void {
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    const span = { start: node.from, end: node.to };
    switch (node.name) {
      case 'ATXHeading1':
      case 'ATXHeading2':
      case 'ATXHeading3':
      case 'ATXHeading4':
      case 'ATXHeading5':
      case 'ATXHeading6':
      case 'SetextHeading1':
      case 'SetextHeading2':
        blocks.push({
          kind: 'heading',
          span,
          level: Number(node.name.at(-1)),
          text: headingText(text, span),
        });
        break;
      case 'Paragraph':
      case 'Task':
        pushParagraph(text, span, blocks, html);
        break;
      case 'FencedCode':
        pushFence(text, node, blocks);
        break;
      case 'CodeBlock':
        blocks.push(indentedCode(text, node));
        break;
      case 'HTMLBlock':
        readHtml(text, span, blocks, html);
        break;
      case 'Table':
        pushTable(text, node, blocks);
        break;
      case 'Blockquote':
        if (isQuotation(text, node)) blocks.push({ kind: 'quote', span: quotation(text, node) });
        visit(text, node, blocks, html);
        break;
      default:
        if (node.firstChild !== null) visit(text, node, blocks, html);
    }
  }
}

/** Somebody's words, rather than an admonition (`> [!WARNING]`, `> **Note**`) or a frame round code. */
function isQuotation(text: string, node: SyntaxNode): boolean {
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'Paragraph' && child.name !== 'QuoteMark') return false;
  return !/^>\s*(?:\[!|\*\*|__|<)/u.test(text.slice(node.from, node.from + 40));
}

function quotation(text: string, node: SyntaxNode): Span {
  return trimSpan(text, { start: node.from + 1, end: node.to });
}

const fenceInHtml = /^[ \t]*(`{3,}|~{3,})([^\n`]*)\n([\s\S]*?)^[ \t]*\1[ \t]*\r?$/gmu;

/** A fence right under a tag belongs to the HTML by the rules of CommonMark; its author meant a fence. */
function readHtml(text: string, span: Span, blocks: Block[], html: HtmlOutliner): void {
  let from = span.start;
  for (const match of text.slice(span.start, span.end).matchAll(fenceInHtml)) {
    const [whole, , info = '', body = ''] = match;
    const start = span.start + match.index;
    const bodyStart = start + whole.indexOf('\n') + 1;
    html.read({ start: from, end: start });
    const [language = ''] = /^[\w#+.-]*/u.exec(info.trim()) ?? [];
    blocks.push({
      kind: 'code',
      span: { start: bodyStart, end: Math.max(bodyStart, bodyStart + body.length - 1) },
      language,
      marks: info.trim().slice(language.length),
      marksSpan: { start, end: start + whole.indexOf('\n') },
    });
    from = start + whole.length;
  }
  html.read({ start: from, end: span.end });
}

function headingText(text: string, span: Span): string {
  return text
    .slice(span.start, span.end)
    .replace(/^#+|#+\s*$/gu, '')
    .replace(/\n\s*[=-]+\s*$/u, '')
    .replace(/<[^>]{0,200}>/gu, '')
    .trim();
}

function pushFence(text: string, node: SyntaxNode, blocks: Block[]): void {
  const infoNode = node.getChild('CodeInfo');
  const info = infoNode === null ? '' : text.slice(infoNode.from, infoNode.to);
  const [language = ''] = /^[\w#+.-]*/u.exec(info.replace(/^\{?\.?/u, '')) ?? [];
  const bodyStart = text.indexOf('\n', infoNode?.to ?? node.from) + 1;
  if (bodyStart === 0 || bodyStart > node.to) return;
  const { firstChild, lastChild } = node;
  const closing =
    lastChild?.name === 'CodeMark' && lastChild.from !== firstChild?.from ? lastChild : undefined;
  // The body runs to the start of the closing fence's line: the fence may be indented or quoted.
  const end = closing === undefined ? node.to : Math.max(bodyStart, text.lastIndexOf('\n', closing.from - 1));
  const marksSpan =
    infoNode === null ? { start: node.from, end: node.from } : { start: infoNode.from, end: infoNode.to };
  blocks.push({
    kind: 'code',
    span: { start: bodyStart, end },
    language,
    marks: info.slice(language.length),
    marksSpan,
  });
}

/** Indented code; a fence inside it is one that stands in an indented container. */
function indentedCode(text: string, node: SyntaxNode): Block {
  let start = node.from;
  while (start > 0 && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  const lines = splitLines(text, start, node.to);
  const marksSpan = { start: node.from, end: node.from };
  const [first] = lines;
  const last = lines.at(-1);
  const fence =
    first === undefined ? null : /^\s*(`{3,}|~{3,})\s*([\w#+-]*)\s*$/u.exec(first.text.slice(0, 200));
  if (
    first === undefined ||
    last === undefined ||
    fence === null ||
    !last.text.trim().startsWith(fence[1] ?? '`') ||
    lines.length < 3
  ) {
    return { kind: 'code', span: { start, end: node.to }, language: '', marks: '', marksSpan };
  }
  const end = lines.at(-2)?.end ?? last.start;
  return {
    kind: 'code',
    span: { start: lines[1]?.start ?? start, end },
    language: fence[2] ?? '',
    marks: '',
    marksSpan,
  };
}

const containerLine = /^\s*:{3,}\s*(\S.*)?$/u;
/** `!!! danger "Bad"` and `=== "Bad"` hold what is indented under them, which makes them labels here. */
const indentedContainerLine = /^\s*(?:!{3}|\?{3}\+?|={3})\s*(\S.*)$/u;
const alertLine = /^\s*\[!([A-Za-z]+)\]\s*(.*)$/u;

/** A paragraph may hold container lines, because a block parser for CommonMark does not know them. */
function pushParagraph(text: string, span: Span, blocks: Block[], html: HtmlOutliner): void {
  let run: Span | undefined;
  const flush = () => {
    if (run !== undefined) pushPlain(text, run, blocks, html);
    run = undefined;
  };
  for (const line of splitLines(text, span.start, span.end)) {
    const clipped = line.text.length > 400 ? '' : line.text;
    const container = containerLine.exec(clipped);
    const indented = indentedContainerLine.exec(clipped);
    const alert = alertLine.exec(clipped);
    if (container !== null) {
      flush();
      const label = container[1] ?? '';
      if (label === '') blocks.push({ kind: 'close' });
      else
        blocks.push({
          kind: 'open',
          span: trimSpan(text, line),
          label: containerLabel(label),
          means: 'container',
        });
    } else if (indented !== null) {
      flush();
      blocks.push({ kind: 'paragraph', span: trimSpan(text, line), text: containerLabel(indented[1] ?? '') });
    } else if (alert !== null) {
      flush();
    } else {
      run = { start: run?.start ?? line.start, end: line.end };
    }
  }
  flush();
}

/** `danger "Bad idea"`, `tab{title="Bad"}`, `code-group [Bad]` and `incorrect {…}` all come down to their words. */
function containerLabel(label: string): string {
  const titled = /\btitle\s*=\s*"([^"]+)"/u.exec(label)?.[1];
  const plain = label.replace(/\{[^}]*\}/gu, ' ').trim();
  return titled ?? /["[]([^"\]]+)["\]]/u.exec(plain)?.[1] ?? plain;
}

function pushPlain(text: string, span: Span, blocks: Block[], html: HtmlOutliner): void {
  const trimmed = trimSpan(text, span);
  if (trimmed.start === trimmed.end) return;
  const content = text.slice(trimmed.start, trimmed.end);
  if (content.startsWith('<') && /^<\/?[a-zA-Z]/u.test(content)) html.read(trimmed);
  else if (isBareCode(content)) pushBareCode(text, trimmed, blocks);
  else blocks.push({ kind: 'paragraph', span: trimmed, text: content });
}

const longestBareCode = 20_000;
/** Of the lines: what is left may be braces, names alone and the like. */
const leastCodeShare = 0.6;

/** Code that stands in a text without a fence or an indent, as in records that were made from chats. */
function isBareCode(content: string): boolean {
  // Most paragraphs are prose, and their first line tells.
  const firstEnd = content.indexOf('\n');
  if (firstEnd < 0 || content.length > longestBareCode || !looksLikeCode(content.slice(0, firstEnd)))
    return false;
  return codeShare(content.split('\n')) >= leastCodeShare;
}

/** Blank lines between two such paragraphs belong to the code. */
function pushBareCode(text: string, span: Span, blocks: Block[]): void {
  const before = blocks.at(-1);
  if (before?.kind === 'code' && text.slice(before.span.end, span.start).trim() === '') {
    blocks[blocks.length - 1] = { ...before, span: { start: before.span.start, end: span.end } };
    return;
  }
  const marksSpan = { start: span.start, end: span.start };
  blocks.push({ kind: 'code', span, language: '', marks: '', marksSpan });
}

function pushTable(text: string, table: SyntaxNode, blocks: Block[]): void {
  blocks.push({ kind: 'tableOpen' });
  for (let row = table.firstChild; row !== null; row = row.nextSibling) {
    if (row.name !== 'TableHeader' && row.name !== 'TableRow') continue;
    blocks.push({ kind: 'row' });
    for (const span of cellSpans(text, row)) {
      blocks.push({ kind: 'cell', header: row.name === 'TableHeader' });
      if (span.start < span.end)
        blocks.push({ kind: 'paragraph', span, text: text.slice(span.start, span.end) });
      blocks.push({ kind: 'cellClose' });
    }
  }
  blocks.push({ kind: 'tableClose' });
}

/** Cells between the delimiters, empty ones too, so that columns keep their numbers. */
function cellSpans(text: string, row: SyntaxNode): Span[] {
  const bars = row.getChildren('TableDelimiter');
  const edges = bars.map((bar) => ({ start: bar.from, end: bar.to }));
  if (edges[0] === undefined || text.slice(row.from, edges[0].start).trim() !== '')
    edges.unshift({ start: row.from, end: row.from });
  const spans: Span[] = [];
  for (let i = 0; i < edges.length; i++) {
    const start = edges[i]?.end ?? row.to;
    const end = edges[i + 1]?.start ?? row.to;
    if (i + 1 === edges.length && text.slice(start, end).trim() === '') break;
    spans.push(trimSpan(text, { start, end }));
  }
  return spans;
}
