import type { Candidate, Suppressed } from './candidate.js';
import { type MappedText, MappedTextBuilder } from './frames/mappedText.js';
import type { RuleCode } from './frames/rules.js';
import type { Span } from './span.js';
import {
  type Directive,
  findDirectives,
  mayHoldSuppression,
  parseRequest,
  type SuppressionRequest,
  type TextLine,
  textLines,
} from './suppressionSyntax.js';

/** A suppression that does nothing, or not all it says. */
export interface SuppressionProblem {
  /** 1-based, in the text. */
  readonly line: number;
  readonly message: string;
}

/** What a suppression is held against. */
export interface Suppressible {
  readonly frame?: Span | null | undefined;
  readonly payload: Span;
  /** A person's selection has none, and falls to suppressions of all rules only. */
  readonly rule?: RuleCode | undefined;
}

/** The suppression comments of a text. Spans and lines are those of the text as it stands. */
export interface Suppressions {
  readonly problems: readonly SuppressionProblem[];
  /** The text as it would be without them. */
  readonly clean: MappedText;
  of(found: Suppressible): Suppressed | undefined;
}

/** `undefined` where the text holds none. */
export function readSuppressions(text: string): Suppressions | undefined {
  if (!mayHoldSuppression(text)) return undefined;
  const lines = textLines(text);
  const directives = findDirectives(text, lines);
  if (directives.length === 0) return undefined;
  const reader = new ScopeReader(text, lines, directives);
  return {
    problems: reader.problems.sort((a, b) => a.line - b.line),
    clean: withoutDirectives(text, directives),
    of: (found) => reader.of(found),
  };
}

/** The problems of a text's suppressions, as sentences for a person. */
export function suppressionProblems(text: string): readonly SuppressionProblem[] {
  return readSuppressions(text)?.problems ?? [];
}

/** The text without its suppression comments; `undefined` where it holds none. */
export function withoutSuppressions(text: string): MappedText | undefined {
  if (!mayHoldSuppression(text)) return undefined;
  const directives = findDirectives(text, textLines(text));
  return directives.length === 0 ? undefined : withoutDirectives(text, directives);
}

/**
 * Finds as if the text held no suppression comments, so that they are part of no frame and change no verdict, and
 * marks what they suppress. `undefined` where there are none.
 */
export function findUnderSuppressions(
  text: string,
  find: (clean: string) => Promise<readonly Candidate[]>,
): Promise<Candidate[]> | undefined {
  const suppressions = readSuppressions(text);
  if (suppressions === undefined) return undefined;
  const { clean } = suppressions;
  return find(clean.text).then((candidates) =>
    candidates.map((candidate) => {
      const placed = {
        ...candidate,
        frame: clean.toSource(candidate.frame),
        payload: clean.toSource(candidate.payload),
      };
      const suppressed = candidate.suppressed ?? suppressions.of(placed);
      return suppressed === undefined ? placed : { ...placed, suppressed };
    }),
  );
}

/** Field of a data record that suppresses what is found in the record. */
export const suppressingField = 'backfire';

/** What the field says; `undefined` where the record has none. */
export function readRecordSuppression(
  record: unknown,
): { readonly request?: SuppressionRequest; readonly problems: readonly string[] } | undefined {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, suppressingField))
    return undefined;
  const value = (record as Record<string, unknown>)[suppressingField];
  if (typeof value !== 'string' || !/^ignore(?![\w-])/u.test(value)) {
    return {
      problems: [
        `the field "${suppressingField}" holds something else than "ignore", "ignore[rule, …]" or "ignore -- reason"`,
      ],
    };
  }
  const { request, problems } = parseRequest(`backfire-${value}`);
  return request === undefined ? { problems } : { request, problems };
}

/** Whether the field of a record suppresses a rule there. */
export function suppressedByRecord(
  request: SuppressionRequest | undefined,
  rule: RuleCode | undefined,
): Suppressed | undefined {
  return request !== undefined && concerns(request, rule) ? suppressed('record', request) : undefined;
}

function concerns(request: SuppressionRequest, rule: RuleCode | undefined): boolean {
  return request.rules === undefined || (rule !== undefined && request.rules.includes(rule));
}

function suppressed(kind: 'comment' | 'record', { reason }: SuppressionRequest): Suppressed {
  return { kind, ...(reason === undefined ? {} : { reason }) };
}

function withoutDirectives(text: string, directives: readonly Directive[]): MappedText {
  const builder = new MappedTextBuilder();
  let at = 0;
  for (const { removed } of directives) {
    if (removed.start > at) builder.take(text, { start: at, end: removed.start });
    at = Math.max(at, removed.end);
  }
  return builder.take(text, { start: at, end: text.length }).build();
}

/** Lines that only close what stands above them, or open the comment that holds the suppression. */
const closingLine =
  /^[\s>]*(?:`{3,}|~{3,}|[)}\]>;,]+|(?:<\/[\w-]+>\s*)+|end|:{3,}|-{4,}|\*\/|\/\*+|<!--|"""|''')?\s*$/u;
/** Lines that only open what stands below them. */
const openingLine =
  /^[\s>]*(?:[-*+]\s+|\d+[.)]\s+)?(?:`{3}|~{3}|:{3}|-{4,}\s*$|\.\. [\w-]+::|:[\w-]+:|\[.*\]\s*$|(?:<[a-zA-Z][^>]*>\s*)+$|"""\s*$|'''\s*$|\/\*+\s*$)/u;
/** So far a comment may stand from what it is about, in lines. */
const reach = 8;

interface Region {
  readonly request: SuppressionRequest;
  readonly start: number;
  readonly end: number;
}

/** Knows how far each suppression of a text reaches. */
class ScopeReader {
  readonly problems: SuppressionProblem[] = [];
  private readonly single: (Directive & { request: SuppressionRequest })[] = [];
  private readonly regions: Region[] = [];
  private readonly linesOfDirectives = new Set<number>();

  constructor(
    private readonly text: string,
    private readonly lines: readonly TextLine[],
    directives: readonly Directive[],
  ) {
    const open: (Directive & { request: SuppressionRequest })[] = [];
    for (const directive of directives) {
      const { request, problems, line } = directive;
      for (const message of problems) this.problems.push({ line: line + 1, message });
      if (directive.ownLine) this.linesOfDirectives.add(line);
      if (request === undefined) continue;
      if (request.kind === 'begin') open.push({ ...directive, request });
      else if (request.kind === 'end') this.close(open.pop(), directive);
      else this.single.push({ ...directive, request });
    }
    for (const { line } of open) {
      const message = 'backfire-ignore-begin has no backfire-ignore-end: it suppresses nothing';
      this.problems.push({ line: line + 1, message });
    }
  }

  of(found: Suppressible): Suppressed | undefined {
    for (const each of this.single) {
      if (!concerns(each.request, found.rule)) continue;
      const reaches = each.request.kind === 'next' ? this.leads(each, found) : this.touches(each, found);
      if (reaches) return suppressed('comment', each.request);
    }
    const { start } = found.payload;
    const region = this.regions.find(
      (each) => concerns(each.request, found.rule) && each.start <= start && start < each.end,
    );
    return region === undefined ? undefined : suppressed('comment', region.request);
  }

  private close(begin: (Directive & { request: SuppressionRequest }) | undefined, end: Directive): void {
    if (begin === undefined) {
      const message = 'backfire-ignore-end has no backfire-ignore-begin before it';
      this.problems.push({ line: end.line + 1, message });
      return;
    }
    this.regions.push({ request: begin.request, start: begin.start, end: end.start });
  }

  /** On a line of the frame or the payload, or alone on the line that trails one of them. */
  private touches({ line, ownLine }: Directive, { frame, payload }: Suppressible): boolean {
    return [frame, payload].some((span) => {
      if (!span) return false;
      const [first, last] = this.linesOf(span);
      if (first <= line && line <= last) return true;
      return ownLine && last < line && line - last <= reach && this.areAll(closingLine, last + 1, line);
    });
  }

  /** Before the line where the frame or the payload begins; lines that merely open a block don't count. */
  private leads({ line }: Directive, { frame, payload }: Suppressible): boolean {
    for (let at = line + 1; at < this.lines.length && at - line <= reach; at++) {
      if (this.linesOfDirectives.has(at)) continue;
      const text = this.lineText(at);
      if (text.trim() === '') continue;
      if (frame) {
        const [first, last] = this.linesOf(frame);
        if (first <= at && at <= last) return true;
      }
      if (this.linesOf(payload)[0] === at) return true;
      if (!openingLine.test(text)) return false;
    }
    return false;
  }

  private areAll(pattern: RegExp, from: number, to: number): boolean {
    for (let at = from; at < to; at++) {
      if (!this.linesOfDirectives.has(at) && !pattern.test(this.lineText(at))) return false;
    }
    return true;
  }

  private lineText(index: number): string {
    const line = this.lines[index];
    // What opens or closes a block is short, and a pattern must not be run over a line of a megabyte.
    return line === undefined ? '' : this.text.slice(line.start, Math.min(line.end, line.start + 400));
  }

  private linesOf({ start, end }: Span): [first: number, last: number] {
    return [this.lineAt(start), this.lineAt(Math.max(start, end - 1))];
  }

  private lineAt(offset: number): number {
    let low = 0;
    let high = this.lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.lines[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
