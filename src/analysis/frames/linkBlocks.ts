import {
  inlineDemonstration,
  labelOf,
  titleOfContainer,
  warnsOfDanger,
  wordsOfMarkup,
} from './blockLabels.js';
import { judgeLabel, type Verdict } from './labels.js';
import { quote } from './linkComments.js';
import type { Block, CodeBlock } from './outline.js';
import { logistic, supersedes, weighAfterthought, weighProse } from './proseCues.js';
import type { ProseContext } from './proseFeatures.js';
import type { RuleCode } from './rules.js';
import type { Span } from '../span.js';

/** What the text around a block of code says of it. */
export interface CodeVerdict {
  readonly code: Span;
  readonly language: string;
  /** Probability, 0–1, that the whole block is a demonstration of something wrong. */
  readonly detection: number;
  /** The text says outright that the block is right. */
  readonly approved: boolean;
  readonly rule: RuleCode;
  readonly frame: Span;
  readonly reasons: readonly string[];
  /** Set where nothing outright stands beside the block, so that prose has to decide. */
  readonly prose?: ProseContext;
  /** Inline code or a table cell, rather than a block that may hold comments of its own. */
  readonly inline: boolean;
}

interface Sign {
  readonly verdict: Verdict;
  readonly span: Span;
  readonly rule: RuleCode;
  readonly reason: string;
}

interface OpenTable {
  readonly columns: (Sign | undefined)[];
  column: number;
  row: number;
  header: boolean;
}

// A verdict below this says too little to be kept.
const leastStrength = 0.3;
/** Log-odds that an admonition adds to prose in it which leads into code. */
const insideDanger = 0.8;
/** Characters of a lead-in to a quotation that does nothing but condemn it. */
const longestOutright = 60;
/** Below the first row, what is longer is content rather than the head of a column. */
const longestBodyHeader = 16;

/**
 * Walks an outline and says of each block of code what headings, labels, containers, tables and prose make of it.
 * `proseShift` is added to the log-odds of prose: where examples are mostly meant to be followed, it is negative.
 */
export function judgeCode(text: string, blocks: readonly Block[], proseShift = 0): CodeVerdict[] {
  return new BlockLinker(text, blocks, proseShift).run();
}

class BlockLinker {
  private readonly verdicts: CodeVerdict[] = [];
  private readonly containers: { readonly sign: Sign | undefined; readonly danger: boolean }[] = [];
  private readonly headings: { level: number; sign: Sign | undefined; text: string; span: Span }[] = [];
  private readonly tables: OpenTable[] = [];
  /** Label right above, and whether a block of code has used it. */
  private label: { sign: Sign; used: boolean } | undefined;
  /** Paragraphs since the last code or heading, nearest last. */
  private prose: { text: string; span: Span }[] = [];
  /** Paragraphs whose turn comes with the next code: most text leads to none. */
  private unread: { block: Extract<Block, { kind: 'paragraph' }>; index: number }[] = [];
  private codeInSection = 0;

  constructor(
    private readonly text: string,
    private readonly blocks: readonly Block[],
    private readonly proseShift: number,
  ) {}

  run(): CodeVerdict[] {
    this.blocks.forEach((block, index) => {
      switch (block.kind) {
        case 'heading':
          this.readHeading(block);
          break;
        case 'paragraph':
          this.readParagraph(block, index);
          break;
        case 'open':
          this.readContainer(block);
          break;
        case 'close':
          this.containers.pop();
          break;
        case 'tableOpen':
          this.tables.push({ columns: [], column: -1, row: -1, header: false });
          break;
        case 'row': {
          const table = this.tables.at(-1);
          if (table !== undefined) {
            table.row++;
            table.column = -1;
          }
          break;
        }
        case 'cell': {
          const table = this.tables.at(-1);
          if (table !== undefined) {
            table.column++;
            table.header = block.header;
          }
          this.forget();
          break;
        }
        case 'cellClose':
          this.readUnread();
          this.label = undefined;
          break;
        case 'tableClose':
          this.readUnread();
          this.tables.pop();
          this.label = undefined;
          break;
        case 'quote':
          this.readQuote(block.span, index);
          break;
        case 'code':
          this.readCode(block, index);
          break;
        default:
          block satisfies never;
      }
    });
    return this.verdicts;
  }

  private sign(label: string, span: Span, rule: RuleCode, what: string): Sign | undefined {
    const verdict = judgeLabel(rule === 'warning-markup' ? wordsOfMarkup(label) : label);
    if (verdict === undefined || verdict.strength < leastStrength) return undefined;
    return { verdict, span, rule, reason: `${what} ${quote(this.text, span)}` };
  }

  private readContainer({ label, span, means }: Extract<Block, { kind: 'open' }>): void {
    const sign =
      means === 'markup'
        ? this.sign(label, span, 'warning-markup', 'container')
        : this.sign(titleOfContainer(label), span, 'warning-container', 'container');
    this.containers.push({ sign, danger: means === 'container' && warnsOfDanger(label) });
  }

  private readHeading(block: Extract<Block, { kind: 'heading' }>): void {
    while ((this.headings.at(-1)?.level ?? 0) >= block.level) this.headings.pop();
    const sign = this.sign(block.text, block.span, 'heading-before-code', 'heading');
    this.headings.push({ level: block.level, sign, text: block.text, span: block.span });
    this.forget();
    this.codeInSection = 0;
  }

  private forget(): void {
    this.label = undefined;
    this.prose = [];
    this.unread = [];
  }

  private readParagraph(block: Extract<Block, { kind: 'paragraph' }>, index: number): void {
    const table = this.tables.at(-1);
    if (table !== undefined && table.column >= 0) {
      if (this.readCell(table, block, index)) return;
    }
    const { text } = block;
    const inline = inlineDemonstration(text);
    if (inline !== undefined) {
      const sign = this.sign(inline.label, block.span, 'inline-demonstration', 'line');
      if (sign?.verdict.polarity === 'bad' && sign.verdict.bare) {
        const at = this.text.indexOf(inline.code, block.span.start);
        if (at >= 0 && at + inline.code.length <= block.span.end) {
          this.push({
            code: { start: at, end: at + inline.code.length },
            language: '',
            detection: sign.verdict.strength * 0.9,
            approved: false,
            rule: 'inline-demonstration',
            frame: { start: block.span.start, end: Math.max(block.span.start + 1, at - 1) },
            reasons: [`line ${quote(this.text, block.span)}`],
            inline: true,
          });
          return;
        }
      }
    }
    this.unread.push({ block, index });
  }

  private readUnread(): void {
    for (const { block, index } of this.unread) this.readLead(block, index);
    this.unread = [];
  }

  private readLead(block: Extract<Block, { kind: 'paragraph' }>, index: number): void {
    const { text } = block;
    const lead = labelOf(text);
    const sign = lead === undefined ? undefined : this.sign(lead, block.span, 'label-before-code', 'line');
    const introduces = this.blocks[index + 1]?.kind === 'code' || this.blocks[index + 1]?.kind === 'open';
    if (
      sign !== undefined &&
      sign.verdict.strength >= 0.6 &&
      (sign.verdict.bare || introduces || /[:：]\W*$/u.test(text))
    ) {
      this.label = { sign, used: false };
      this.prose = [];
      return;
    }
    if (this.label?.used === true) this.label = undefined;
    this.prose.push(block);
  }

  /** "Instead of" over a column needs no colon. */
  private columnSign({ text, span }: Extract<Block, { kind: 'paragraph' }>): Sign | undefined {
    const label = /^\W*(?:instead of|rather than)\W*$/iu.test(text) ? `${text}:` : text;
    return this.sign(label, span, 'warning-column', 'column');
  }

  /** True where the cell is a header or, in a warned-against column, a demonstration by itself. */
  private readCell(table: OpenTable, block: Extract<Block, { kind: 'paragraph' }>, index: number): boolean {
    const sign = this.columnSign(block);
    if (
      sign !== undefined &&
      (table.header || table.row === 0 || (sign.verdict.bare && block.text.length <= longestBodyHeader)) &&
      sign.verdict.strength >= 0.6
    ) {
      table.columns[table.column] = sign;
      return true;
    }
    const column = table.columns[table.column];
    if (column === undefined || table.header) return false;
    if (column.verdict.polarity === 'bad') {
      if (this.cellHasCode(index)) return false;
      const ticked = /^`+([^`]+)`+$/u.exec(block.text.trim())?.[1];
      const at = ticked === undefined ? block.span.start : this.text.indexOf(ticked, block.span.start);
      const code = ticked === undefined || at < 0 ? block.span : { start: at, end: at + ticked.length };
      const shows = /`|<code/u.test(this.text.slice(block.span.start, block.span.end));
      this.push({
        code,
        language: '',
        detection: column.verdict.strength * (shows ? 0.95 : 0.6),
        approved: false,
        rule: 'warning-column',
        frame: column.span,
        reasons: [column.reason],
        inline: true,
      });
    }
    return true;
  }

  private cellHasCode(index: number): boolean {
    for (let i = index + 1; i < this.blocks.length; i++) {
      const next = this.blocks[i];
      if (next?.kind === 'code') return true;
      if (next?.kind === 'cellClose') return false;
    }
    return false;
  }

  /** What is condemned outright and then quoted: "Unacceptable answer:", "Never reply like this:". */
  private readQuote(span: Span, index: number): void {
    this.readUnread();
    const before = this.blocks[index - 1];
    if (before?.kind !== 'paragraph' || !/[:：]\W*$/u.test(before.text)) return;
    const lead = labelOf(before.text) ?? '';
    const verdict = judgeLabel(lead);
    if (verdict?.polarity !== 'bad') return;
    const isOutright =
      verdict.strength >= 0.6 || (verdict.grade === 'explicit' && lead.length <= longestOutright);
    this.push({
      code: span,
      language: '',
      detection: isOutright ? Math.max(verdict.strength, 0.85) : logistic(weighProse(lead)),
      approved: false,
      rule: 'label-before-code',
      frame: before.span,
      reasons: [`line ${quote(this.text, before.span)} before the quotation`],
      inline: true,
    });
    if (this.label !== undefined) this.label.used = true;
  }

  private readCode(block: CodeBlock, index: number): void {
    this.readUnread();
    const explicit = this.explicitSign(block);
    this.codeInSection++;
    if (explicit !== undefined) this.pushExplicit(block, explicit);
    else this.pushByProse(block, index);
    if (this.label !== undefined) this.label.used = true;
    this.prose = [];
  }

  /** The nearest outright statement: on the block, its column or container, the label above, the heading. */
  private explicitSign(block: CodeBlock): Sign | undefined {
    // A fence may have its mark in place of a language: "```compile_fail".
    const written = block.marks.trim() === '' ? block.language : block.marks;
    const marks = written === '' ? undefined : this.sign(written, block.marksSpan, 'warning-markup', 'mark');
    if (marks !== undefined && marks.verdict.strength >= 0.6) return marks;
    if (this.label !== undefined) return this.label.sign;
    const table = this.tables.at(-1);
    const column = table?.columns[table.column];
    if (column !== undefined) return column;
    const container = this.containers.findLast(({ sign }) => (sign?.verdict.strength ?? 0) >= 0.6)?.sign;
    if (container !== undefined) return container;
    const heading = this.headings.at(-1)?.sign;
    if (heading === undefined || heading.verdict.strength < 0.6) return undefined;
    return this.weakenedHeading(heading);
  }

  /** A heading holds for its section until prose turns to what is right. */
  private weakenedHeading(heading: Sign): Sign | undefined {
    const last = this.prose.at(-1);
    if (heading.verdict.polarity === 'good') return heading;
    if (last !== undefined && this.codeInSection > 0 && weighProse(last.text) < -4) return undefined;
    const factor = this.codeInSection === 0 || last === undefined ? 1 : 0.8;
    return { ...heading, verdict: { ...heading.verdict, strength: heading.verdict.strength * factor } };
  }

  private pushExplicit(block: CodeBlock, sign: Sign): void {
    const bad = sign.verdict.polarity === 'bad';
    this.push({
      code: block.span,
      language: block.language,
      detection: bad ? sign.verdict.strength : 0,
      approved: !bad,
      rule: sign.rule,
      frame: sign.span,
      reasons: [`${sign.reason} before the code`],
      inline: false,
    });
  }

  private pushByProse(block: CodeBlock, index: number): void {
    const last = this.prose.at(-1);
    let logOdds = last === undefined ? -3.5 : weighProse(last.text) + this.proseShift;
    const reasons: string[] = [];
    let rule: RuleCode = 'prose-before-code';
    let frame = last?.span;
    if (last !== undefined) reasons.push(`prose ${quote(this.text, last.span)} before the code`);
    const earlier = this.prose.at(-2);
    if (earlier !== undefined && logOdds > -4)
      logOdds = Math.max(logOdds, weighProse(earlier.text) + this.proseShift - 1.5);
    const heading = this.headings.at(-1);
    const headingVerdict = heading === undefined ? undefined : judgeLabel(heading.text);
    if (headingVerdict?.polarity === 'bad') logOdds += 0.7;
    const inDanger = this.containers.some(({ danger }) => danger);
    if (last !== undefined && inDanger) logOdds += insideDanger;
    const next = this.blocks[index + 1];
    if (next?.kind === 'paragraph' && logOdds > -4) logOdds += weighAfterthought(next.text);
    const replacement = this.replacementAfter(index);
    const prose: ProseContext = {
      lead: last?.text ?? '',
      earlier: earlier?.text ?? '',
      heading: heading?.text ?? '',
      next: next?.kind === 'paragraph' ? next.text : '',
      code: this.text.slice(block.span.start, Math.min(block.span.end, block.span.start + 2000)),
      language: block.language,
      superseded: replacement !== undefined,
      inDanger,
      inComment: this.proseShift < 0,
      codeBefore: this.codeInSection - 1,
    };
    if (replacement !== undefined) {
      logOdds += 4;
      reasons.push(`${quote(this.text, replacement)} after the code`);
      if (frame === undefined || logOdds - 4 < -1) {
        rule = 'superseded-example';
        frame = replacement;
      }
    }
    if (frame === undefined) {
      this.pushUnjudged(block, prose);
      return;
    }
    this.push({
      code: block.span,
      language: block.language,
      detection: logistic(logOdds),
      approved: logOdds < -4,
      rule,
      frame,
      reasons,
      prose,
      inline: false,
    });
  }

  private pushUnjudged(block: CodeBlock, prose: ProseContext): void {
    this.push({
      code: block.span,
      language: block.language,
      detection: 0,
      approved: false,
      rule: 'prose-before-code',
      frame: { start: block.span.start, end: block.span.start },
      reasons: [],
      prose,
      inline: false,
    });
  }

  /** "Use instead:" and the like between this code and the next. */
  private replacementAfter(index: number): Span | undefined {
    for (let i = index + 1; i < Math.min(index + 4, this.blocks.length); i++) {
      const block = this.blocks[i];
      if (block === undefined || block.kind === 'code') return undefined;
      if (block.kind !== 'paragraph' && block.kind !== 'heading') continue;
      if (!supersedes(block.text)) return undefined;
      return this.blocks.slice(i + 1, i + 4).some((next) => next.kind === 'code') ? block.span : undefined;
    }
    return undefined;
  }

  private push(verdict: CodeVerdict): void {
    this.verdicts.push(verdict);
  }
}
