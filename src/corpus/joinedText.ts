import type { Span } from '../analysis/span.js';
import { LinePlaces } from './linePlaces.js';

/** Where a field (`messages.1.content`) stands in the text that was joined from several; `[start, end)` in UTF-16 units. */
export interface TextPart extends Span {
  readonly field: string;
}

/** A span in the field that it came from, with its 1-based line and column there. */
export interface Place extends Span {
  readonly field?: string;
  readonly line: number;
  readonly column: number;
}

/** Joins texts of several fields into one that remembers them. */
export class TextJoiner {
  private readonly pieces: string[] = [];
  private readonly joined: TextPart[] = [];
  private length = 0;

  /** What stands in the text but in no field: a separator, the marks of a fence. */
  glue(text: string): this {
    this.pieces.push(text);
    this.length += text.length;
    return this;
  }

  add(field: string, text: string): this {
    const start = this.length;
    this.glue(text);
    this.joined.push({ field, start, end: this.length });
    return this;
  }

  get text(): string {
    return this.pieces.join('');
  }

  get parts(): readonly TextPart[] {
    return this.joined;
  }
}

/** Cuts a span to the field where it starts; `undefined` where that is none. */
export function cutToPart({ start, end }: Span, parts: readonly TextPart[] | undefined): Span | undefined {
  if (parts === undefined) return { start, end };
  const part = partAt(start, parts);
  return part === undefined ? undefined : { start, end: Math.min(end, part.end) };
}

/** Places of one text, which may be joined from several. */
export class TextPlaces {
  private readonly lines: LinePlaces;

  constructor(
    text: string,
    private readonly parts: readonly TextPart[] | undefined,
  ) {
    this.lines = new LinePlaces(text);
  }

  /** Place of a span within one part. */
  of({ start, end }: Span): Place {
    const { line, column } = this.lines.at(start);
    const part = partAt(start, this.parts ?? []);
    if (part === undefined) return { start, end, line, column };
    const before = this.lines.at(part.start);
    return {
      field: part.field,
      start: start - part.start,
      end: Math.min(end, part.end) - part.start,
      line: line - before.line + 1,
      column: line === before.line ? column - before.column + 1 : column,
    };
  }
}

function partAt(offset: number, parts: readonly TextPart[]): TextPart | undefined {
  const part = parts.findLast(({ start }) => start <= offset);
  return part !== undefined && offset < part.end ? part : undefined;
}
