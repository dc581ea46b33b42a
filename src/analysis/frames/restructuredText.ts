import { splitLines, type Block, type Line } from './outline.js';
import { codeShare, isLabelLine, looksLikeCode } from './textShape.js';

/** How an indented text is to be read: reStructuredText itself, or the freer text of comments and docstrings. */
export interface IndentedTextOptions {
  /** Language of example sections and of code that names none. */
  readonly language: string;
  /** In comments a label may be followed by code without a blank line or a deeper indent in between. */
  readonly freeForm: boolean;
}

const directiveLine = /^\s*\.\.\s+([\w:+-]+?)::(?:\s+(.*))?$/u;
const codeDirectives = new Set([
  'code',
  'code-block',
  'sourcecode',
  'parsed-literal',
  'prompt',
  'testcode',
  'doctest',
  'highlight',
  'ipython',
]);
const underline = /^\s*([=\-`:'"~^_*+#<>.])\1{2,}\s*$/u;
const exampleTag = /^\s*[@\\](example|sample|code|badcode|goodcode|noncompliant|compliant)\b\s*(.*)$/u;
const blockTag = /^\s*[@\\][a-zA-Z]+\b/u;
const fence = /^\s*(`{3,}|~{3,})\s*([\w#+-]*)\s*(.*)$/u;
const tagLine = /^\s*<(\/?)([a-zA-Z][\w-]*)>\s*$/u;

/**
 * Outline of a text whose structure is its indentation: sections by underline, directives, literal blocks after `::`,
 * doctest, `@example` sections, fences, and labels with code under them.
 */
export function outlineIndentedText(text: string, options: IndentedTextOptions): Block[] {
  return new IndentedOutliner(text, options).run();
}

/** As C and its heirs close a line; prose ends so too seldom to matter. */
function isClosedStatement(line: string): boolean {
  return line.length <= 400 && /[;{}]\s*$/u.test(line) && looksLikeCode(line);
}

class IndentedOutliner {
  private readonly lines: Line[];
  private readonly blocks: Block[] = [];
  /** Indents of open containers. */
  private readonly containers: number[] = [];
  private readonly underlines: string[] = [];
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly options: IndentedTextOptions,
  ) {
    this.lines = splitLines(text);
  }

  run(): Block[] {
    while (this.at < this.lines.length) this.step();
    while (this.containers.pop() !== undefined) this.blocks.push({ kind: 'close' });
    return this.blocks;
  }

  private step(): void {
    const line = this.lines[this.at];
    if (line === undefined) return;
    if (line.indent === Infinity) {
      this.at++;
      return;
    }
    this.closeContainers(line.indent);
    const clipped = line.text.length > 1000 ? '' : line.text;
    const directive = directiveLine.exec(clipped);
    const example = exampleTag.exec(clipped);
    const fenced = fence.exec(clipped);
    const tag = tagLine.exec(clipped);
    if (directive !== null) this.readDirective(line, directive[1] ?? '', directive[2] ?? '');
    else if (example !== null) this.readExample(line, example[1] ?? '', example[2] ?? '');
    else if (fenced !== null) this.readFence(line, fenced[1] ?? '', fenced[2] ?? '', fenced[3] ?? '');
    else if (tag !== null) this.readTag(line, tag[1] === '/', tag[2] ?? '');
    else if (/^\s*>>>/u.test(clipped)) this.pushCode(this.at, this.endOfParagraph(this.at), 'python');
    else if (this.isTitle(line)) this.readTitle(line, clipped);
    else this.readParagraph(line);
  }

  private closeContainers(indent: number): void {
    while ((this.containers.at(-1) ?? -1) >= indent) {
      this.containers.pop();
      this.blocks.push({ kind: 'close' });
    }
  }

  private isTitle(line: Line): boolean {
    const next = this.lines[this.at + 1];
    if (next === undefined || next.text.length > 400 || line.text.length > 400) return false;
    return (
      underline.test(next.text) &&
      !underline.test(line.text) &&
      next.text.trim().length + 2 >= line.text.trim().length
    );
  }

  private readTitle(line: Line, title: string): void {
    const mark = this.lines[this.at + 1]?.text.trim()[0] ?? '';
    if (!this.underlines.includes(mark)) this.underlines.push(mark);
    const level = this.underlines.indexOf(mark) + 1;
    this.blocks.push({ kind: 'heading', span: this.content(line), level, text: title.trim() });
    this.at += 2;
  }

  private readDirective(line: Line, name: string, argument: string): void {
    this.at++;
    if (!codeDirectives.has(name)) {
      // An admonition, a tab or an `only`: its body follows, indented.
      this.containers.push(line.indent);
      this.blocks.push({
        kind: 'open',
        span: this.content(line),
        label: argument === '' ? name : argument,
        means: 'container',
      });
      return;
    }
    const first = this.at;
    let body = this.endOfDeeper(first, line.indent);
    let from = first;
    const marks: string[] = [];
    while (from < body && /^\s+:[\w-]+:/u.test(this.lines[from]?.text.slice(0, 200) ?? '')) {
      marks.push(this.lines[from]?.text ?? '');
      from++;
    }
    if (body === first) body = from;
    this.pushCode(from, body, argument.trim(), marks.join(' '));
    this.at = body;
  }

  private readExample(line: Line, tag: string, caption: string): void {
    this.blocks.push({
      kind: 'open',
      span: this.content(line),
      label: `${tag === 'example' ? '' : tag} ${caption.replace(/<\/?caption>/giu, ' ')}`.trim(),
      means: 'container',
    });
    let end = this.at + 1;
    while (end < this.lines.length && !this.endsExample(this.lines[end], line.indent)) end++;
    this.pushCode(this.at + 1, end, this.options.language);
    this.blocks.push({ kind: 'close' });
    this.at = end;
  }

  private endsExample(line: Line | undefined, indent: number): boolean {
    if (line === undefined) return true;
    return line.indent < indent || (line.indent === indent && blockTag.test(line.text));
  }

  private readFence(line: Line, ticks: string, language: string, marks: string): void {
    let end = this.at + 1;
    while (end < this.lines.length && !this.lines[end]?.text.trim().startsWith(ticks)) end++;
    this.pushCode(this.at + 1, end, language, marks, line);
    this.at = end + 1;
  }

  private readTag(line: Line, closes: boolean, name: string): void {
    this.at++;
    const close = new RegExp(`^\\s*</${name}>\\s*$`, 'iu');
    if (closes) return;
    let end = this.at;
    while (end < this.lines.length && !close.test(this.lines[end]?.text.slice(0, 200) ?? '')) end++;
    if (end === this.lines.length) return;
    this.blocks.push({ kind: 'open', span: this.content(line), label: name, means: 'markup' });
    this.pushCode(this.at, end, this.options.language);
    this.blocks.push({ kind: 'close' });
    this.at = end + 1;
  }

  private readParagraph(line: Line): void {
    const { freeForm } = this.options;
    let end = this.at + 1;
    const label = freeForm && isLabelLine(line.text);
    if (!label) {
      while (end < this.lines.length && !this.breaksParagraph(end, line)) end++;
    }
    const last = this.lines[end - 1] ?? line;
    this.blocks.push({
      kind: 'paragraph',
      span: { start: this.content(line).start, end: last.end },
      text: this.text.slice(this.content(line).start, last.end).trim(),
    });
    const literal = /::\s*$/u.test(last.text.slice(-40));
    this.at = end;
    const body = this.nextContent(end);
    const bodyLine = this.lines[body];
    if (bodyLine === undefined || directiveLine.test(bodyLine.text.slice(0, 400))) return;
    const deeper = bodyLine.indent > line.indent;
    if (deeper && (literal || this.isCodeRun(body, line.indent, label))) {
      const bodyEnd = this.endOfDeeper(body, line.indent);
      this.pushCode(body, bodyEnd, this.options.language);
      this.at = bodyEnd;
    } else if (
      body === end &&
      bodyLine.indent >= line.indent &&
      ((label && looksLikeCode(bodyLine.text)) || (freeForm && this.isStatementRun(body)))
    ) {
      const bodyEnd = this.endOfParagraph(body);
      this.pushCode(body, bodyEnd, this.options.language);
      this.at = bodyEnd;
    }
  }

  private breaksParagraph(index: number, first: Line): boolean {
    const next = this.lines[index];
    if (next === undefined || next.indent === Infinity) return true;
    if (next.text.length > 1000) return false;
    if (directiveLine.test(next.text) || /^\s*>>>/u.test(next.text) || fence.test(next.text)) return true;
    if (!this.options.freeForm) return next.indent < first.indent;
    return (
      isLabelLine(next.text) ||
      blockTag.test(next.text) ||
      (next.indent > first.indent + 1 && looksLikeCode(next.text)) ||
      (isClosedStatement(next.text) && this.isStatementRun(index))
    );
  }

  /** A paragraph of commented-out code: each line of it is closed as a statement is. */
  private isStatementRun(from: number): boolean {
    const run = this.lines.slice(from, this.endOfParagraph(from));
    return run.length > 0 && run.every((line) => isClosedStatement(line.text));
  }

  /** Deeper lines are code where a label asks for it, or where they look like it. */
  private isCodeRun(from: number, indent: number, afterLabel: boolean): boolean {
    if (!this.options.freeForm) return false;
    const end = this.endOfDeeper(from, indent);
    const body = this.lines.slice(from, end).filter((line) => line.indent !== Infinity);
    const share = codeShare(body.map((line) => line.text));
    return share >= (afterLabel ? 0.25 : 0.5);
  }

  private pushCode(from: number, to: number, language: string, marks = '', marksLine?: Line): void {
    let last = to;
    while (last > from && this.lines[last - 1]?.indent === Infinity) last--;
    const start = this.lines[from]?.start;
    const end = this.lines[last - 1]?.end;
    if (start === undefined || end === undefined || last <= from) return;
    const marksSpan = marksLine === undefined ? { start, end: start } : this.content(marksLine);
    this.blocks.push({ kind: 'code', span: { start, end }, language, marks, marksSpan });
    if (this.at < to) this.at = to;
  }

  private endOfDeeper(from: number, indent: number): number {
    let end = from;
    for (let i = from; i < this.lines.length; i++) {
      const line = this.lines[i];
      if (line === undefined || line.indent <= indent) break;
      if (line.indent !== Infinity) end = i + 1;
    }
    return end;
  }

  private endOfParagraph(from: number): number {
    let end = from;
    while (end < this.lines.length && this.lines[end]?.indent !== Infinity) {
      if (end > from && this.options.freeForm && isLabelLine(this.lines[end]?.text ?? '')) break;
      end++;
    }
    return end;
  }

  private nextContent(from: number): number {
    let at = from;
    while (at < this.lines.length && this.lines[at]?.indent === Infinity) at++;
    return at;
  }

  private content(line: Line): { start: number; end: number } {
    return { start: line.end - line.text.trimStart().length, end: line.end };
  }
}
