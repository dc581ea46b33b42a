import { trimSpan, type Block } from './outline.js';
import type { Span } from '../span.js';

const tagPattern =
  /<(\/?)([a-zA-Z][\w:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*'){0,2000}?)(\/?)>|<!--[\s\S]{0,20000}?-->|<!\[CDATA\[/gu;
const attributePattern =
  /\b(?:class|title|value|label|header|name|data-title|alt|type|summary|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/giu;
const languagePattern = /\b(?:lang(?:uage)?[-=:"' ]+|brush:\s*)([\w#+-]+)/iu;

const headings = /^h[1-6]$/u;
const codeTags = new Set(['pre', 'xmp', 'codesnippet', 'code_snippet', 'programlisting', 'samp']);
const voidTags = new Set(['br', 'hr', 'img', 'input', 'meta', 'link', 'wbr', 'source', 'col']);
const inlineTags = new Set([
  'a',
  'b',
  'i',
  'em',
  'strong',
  'code',
  'span',
  'kbd',
  'tt',
  'u',
  'small',
  'sup',
  'sub',
  'var',
  'br',
  'wbr',
  'img',
  'mark',
  'font',
  'label',
  'q',
  's',
  'del',
  'ins',
]);

interface OpenTag {
  readonly name: string;
  readonly opened: boolean;
}

/**
 * Reads HTML or XML, in pieces if need be (Markdown cuts an HTML table at every blank line), into an outline.
 * It is no parser of documents: it knows headings, code, tables, and elements whose class or name may take a side.
 */
export class HtmlOutliner {
  private readonly open: OpenTag[] = [];

  constructor(
    private readonly text: string,
    private readonly blocks: Block[],
  ) {}

  /** Reads one piece; elements may stay open to its end and be closed by a later piece. */
  read(span: Span): void {
    const { text } = this;
    const pattern = new RegExp(tagPattern.source, tagPattern.flags);
    pattern.lastIndex = span.start;
    let from = span.start;
    for (;;) {
      const match = pattern.exec(text);
      if (match === null || match.index >= span.end) break;
      const name = match[2]?.toLowerCase();
      const after = match.index + match[0].length;
      if (name === undefined) {
        if (!match[0].startsWith('<![')) this.pushText({ start: from, end: match.index });
        else if (this.readCdata(match.index, after, span.end, pattern)) {
          from = pattern.lastIndex;
          continue;
        }
        from = after;
        continue;
      }
      if (inlineTags.has(name) && !(name === 'code' && match[1] === '' && this.isBlockCode(after))) continue;
      this.pushText({ start: from, end: match.index });
      from = after;
      if (match[1] === '/') this.closeTag(name);
      else if (codeTags.has(name) || name === 'code') {
        const end = this.readCode(name, { start: match.index, end: after }, match[3] ?? '', span.end);
        pattern.lastIndex = end;
        from = end;
      } else if (headings.test(name)) {
        const end = this.readHeading(name, { start: match.index, end: after }, span.end);
        pattern.lastIndex = end;
        from = end;
      } else if (match[4] !== '/' && !voidTags.has(name))
        this.openTag(name, { start: match.index, end: after }, match[3] ?? '');
    }
    this.pushText({ start: from, end: span.end });
  }

  /** Closes what is still open. */
  finish(): void {
    while (this.open.length > 0) this.closeTag(this.open.at(-1)?.name ?? '');
  }

  private isBlockCode(start: number): boolean {
    return /^\s*\n/u.test(this.text.slice(start, start + 200));
  }

  private openTag(name: string, span: Span, attributes: string): void {
    if (name === 'table') this.blocks.push({ kind: 'tableOpen' });
    else if (name === 'tr') {
      this.closeImplied(['tr', 'td', 'th']);
      this.blocks.push({ kind: 'row' });
    } else if (name === 'td' || name === 'th') {
      this.closeImplied(['td', 'th']);
      this.blocks.push({ kind: 'cell', header: name === 'th' });
    }
    const label = elementLabel(name, attributes);
    const opened = label !== '';
    if (opened) this.blocks.push({ kind: 'open', span, label, means: 'markup' });
    if (this.open.length < 500) this.open.push({ name, opened });
  }

  private closeTag(name: string): void {
    const at = this.open.findLastIndex((tag) => tag.name === name);
    if (at < 0) return;
    for (const tag of this.open.splice(at).reverse()) {
      if (tag.opened) this.blocks.push({ kind: 'close' });
      if (tag.name === 'td' || tag.name === 'th') this.blocks.push({ kind: 'cellClose' });
      else if (tag.name === 'table') this.blocks.push({ kind: 'tableClose' });
    }
  }

  /** `<td>` ends the cell before it, as HTML allows, but not a cell of a table further out. */
  private closeImplied(names: readonly string[]): void {
    const tableAt = this.open.findLastIndex((tag) => tag.name === 'table');
    const at = this.open.findIndex((tag, index) => index > tableAt && names.includes(tag.name));
    const tag = this.open[at];
    if (tag !== undefined) while (this.open.length > at) this.closeTag(this.open.at(-1)?.name ?? '');
  }

  private readCode(name: string, tag: Span, attributes: string, limit: number): number {
    const close = indexOfTag(this.text, `</${name}`, tag.end, limit);
    let start = tag.end;
    let end = close;
    let marks = attributeWords(attributes);
    let language = languagePattern.exec(attributes)?.[1] ?? '';
    const inner = /^\s*<code((?:[^<>]){0,300})>/u.exec(this.text.slice(start, start + 400));
    if (inner !== null) {
      start += inner[0].length;
      marks += ` ${attributeWords(inner[1] ?? '')}`;
      if (language === '') language = languagePattern.exec(inner[1] ?? '')?.[1] ?? '';
      const innerClose = this.text.lastIndexOf('</code', end);
      if (innerClose >= start) end = innerClose;
    }
    const cdata = this.text.slice(start, start + 40).indexOf('<![CDATA[');
    if (cdata >= 0) {
      start += cdata + 9;
      const closeCdata = this.text.lastIndexOf(']]>', end);
      if (closeCdata >= start) end = closeCdata;
    }
    // Javadoc's `<pre>{@code … }</pre>`.
    const inlineTag = /^\s*\{@(?:code|literal)[ \t]*/u.exec(this.text.slice(start, start + 200))?.[0];
    const brace = inlineTag === undefined ? -1 : this.text.lastIndexOf('}', end);
    if (inlineTag !== undefined && brace > start + inlineTag.length) {
      start += inlineTag.length;
      end = brace;
    }
    this.blocks.push({ kind: 'code', span: { start, end }, language, marks, marksSpan: tag });
    const gt = this.text.indexOf('>', close);
    return gt < 0 || gt >= limit ? limit : gt + 1;
  }

  private readCdata(start: number, after: number, limit: number, pattern: RegExp): boolean {
    const close = this.text.indexOf(']]>', after);
    if (close < 0 || close > limit) return false;
    this.blocks.push({
      kind: 'code',
      span: { start: after, end: close },
      language: '',
      marks: '',
      marksSpan: { start, end: start },
    });
    pattern.lastIndex = close + 3;
    return true;
  }

  private readHeading(name: string, tag: Span, limit: number): number {
    const close = indexOfTag(this.text, `</${name}`, tag.end, limit);
    const gt = this.text.indexOf('>', close);
    const end = gt < 0 || gt >= limit ? limit : gt + 1;
    const content = this.text.slice(tag.end, Math.min(close, tag.end + 500));
    this.blocks.push({
      kind: 'heading',
      span: { start: tag.start, end },
      level: Number(name[1]),
      text: stripTags(content),
    });
    return end;
  }

  private pushText(span: Span): void {
    const trimmed = trimSpan(this.text, span);
    if (trimmed.start >= trimmed.end) return;
    const text = stripTags(this.text.slice(trimmed.start, trimmed.end)).trim();
    if (text !== '') this.blocks.push({ kind: 'paragraph', span: trimmed, text });
  }
}

/** Outline of an HTML or XML document. */
export function outlineHtml(text: string): Block[] {
  const blocks: Block[] = [];
  const outliner = new HtmlOutliner(text, blocks);
  outliner.read({ start: 0, end: text.length });
  outliner.finish();
  return blocks;
}

function indexOfTag(text: string, tag: string, from: number, limit: number): number {
  let at = from;
  for (;;) {
    at = text.indexOf('</', at);
    if (at < 0 || at >= limit) return limit;
    if (text.slice(at, at + tag.length).toLowerCase() === tag) return at;
    at += 2;
  }
}

function stripTags(text: string): string {
  return text
    .replace(/<[^<>]{0,500}>/gu, '')
    .replace(/&lt;/gu, '<')
    .replace(/&gt;/gu, '>')
    .replace(/&amp;/gu, '&');
}

function attributeWords(attributes: string): string {
  return [...attributes.matchAll(attributePattern)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .join(' ');
}

/** Plain elements say nothing by their name; `<noncompliant>` or `<Bad>` do. */
const plainElement =
  /^(?:html|head|body|div|section|article|main|aside|nav|header|footer|p|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|td|th|figure|figcaption|blockquote|details|summary|center|form|fieldset|legend|caption|colgroup|style|script|title|address|svg|path|option|select|button|input|iframe|video|audio|picture|canvas|nobr|dir|menu|template|slot|tabs|tabitem|tab)$/u;

function elementLabel(name: string, attributes: string): string {
  const words = attributes.length > 0 ? attributeWords(attributes) : '';
  return plainElement.test(name) ? words : `${name} ${words}`.trim();
}
