import type { Span } from '../analysis/span.js';
import { LinePlaces } from './linePlaces.js';

/** Where a field (`messages.1.content`) stands in the text that was joined from several; `[start, end)` in UTF-16 units. */
export interface TextPart extends Span {
  readonly field: string;
}

/** 1-based, in UTF-16 units. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A span in the field that it came from, with line and column of its start and its end there. */
export interface Place extends Span, Position {
  readonly field?: string;
  readonly until: Position;
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
    const part = partAt(start, this.parts ?? []);
    if (part === undefined) return { start, end, ...this.lines.at(start), until: this.lines.at(end) };
    const last = Math.min(end, part.end);
    return {
      field: part.field,
      start: start - part.start,
      end: last - part.start,
      ...this.within(part, start),
      until: this.within(part, last),
    };
  }

  private within(part: TextPart, offset: number): Position {
    const { line, column } = this.lines.at(offset);
    const first = this.lines.at(part.start);
    return {
      line: line - first.line + 1,
      column: line === first.line ? column - first.column + 1 : column,
    };
  }
}

function partAt(offset: number, parts: readonly TextPart[]): TextPart | undefined {
  const part = parts.findLast(({ start }) => start <= offset);
  return part !== undefined && offset < part.end ? part : undefined;
}
