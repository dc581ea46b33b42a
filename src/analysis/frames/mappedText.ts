import type { Span } from '../span.js';

interface Piece {
  /** Offset of the piece in the mapped text. */
  readonly at: number;
  readonly source: Span;
  /** Escapes stand for something of another length; they are mapped as a whole. */
  readonly verbatim: boolean;
}

/**
 * A text taken out of another one (a comment without its signs, a decoded JSON string), which knows where each of its
 * characters stood. All offsets are UTF-16 code units.
 */
export class MappedText {
  readonly text: string;
  private readonly pieces: readonly Piece[];

  constructor(text: string, pieces: readonly Piece[]) {
    this.text = text;
    this.pieces = pieces;
  }

  /** Span of the source that a non-empty span of the text came from. */
  toSource(span: Span): Span {
    const first = this.pieceAt(span.start);
    const last = this.pieceAt(span.end - 1);
    const start = first.verbatim
      ? Math.min(first.source.start + span.start - first.at, first.source.end)
      : first.source.start;
    const end = last.verbatim
      ? Math.min(last.source.start + span.end - last.at, last.source.end)
      : last.source.end;
    return { start, end: Math.max(start, end) };
  }

  /** Where a span of the source stands in the text, without what was left out of it; all pieces must be verbatim. */
  fromSource({ start, end }: Span): Span {
    return { start: this.offsetFromSource(start), end: this.offsetFromSource(end) };
  }

  private offsetFromSource(offset: number): number {
    const piece = this.pieces.findLast(({ source }) => source.start <= offset);
    return piece === undefined ? 0 : piece.at + Math.min(offset, piece.source.end) - piece.source.start;
  }

  private pieceAt(offset: number): Piece {
    let low = 0;
    let high = this.pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.pieces[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.pieces[low] ?? { at: 0, source: { start: 0, end: 0 }, verbatim: true };
  }
}

/** Collects a mapped text piece by piece. */
export class MappedTextBuilder {
  private readonly parts: string[] = [];
  private readonly pieces: Piece[] = [];
  private length = 0;

  /** Appends `source` of `text` as it stands. */
  take(text: string, source: Span): this {
    return this.put(text.slice(source.start, source.end), source, true);
  }

  /** Appends `part`, which stands for `source`. */
  put(part: string, source: Span, verbatim = false): this {
    if (part === '') return this;
    this.pieces.push({ at: this.length, source, verbatim });
    this.parts.push(part);
    this.length += part.length;
    return this;
  }

  build(): MappedText {
    return new MappedText(this.parts.join(''), this.pieces);
  }
}
