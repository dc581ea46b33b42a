import type { TokenMeasures } from './measure/measureResult.js';
import type { Span } from './span.js';

export type Part = 'frame' | 'payload' | 'context';

/** A run of a text that is drawn as one. Values are absent where the model predicts nothing: the first token, and what a window left out. */
export interface TokenCell extends Span {
  readonly part: Part;
  /** Nats per payload token. */
  readonly taught?: number;
  /** Nats. */
  readonly nll?: number;
}

/**
 * Cuts the text into cells, each character in exactly one. Tokens that share a character (bytes of one letter) are drawn,
 * and summed, as one; a token across the border of frame or payload belongs to the part where it begins.
 */
export function tokenCells(
  sample: { readonly text: string; readonly frame?: Span; readonly payload: Span },
  tokens: readonly TokenMeasures[],
): TokenCell[] {
  const { text, frame, payload } = sample;
  const borders = [frame?.start, frame?.end, payload.start, payload.end].filter(
    (border) => border !== undefined,
  );
  const partAt = (index: number): Part => {
    if (index >= payload.start && index < payload.end) return 'payload';
    return frame && index >= frame.start && index < frame.end ? 'frame' : 'context';
  };
  const cells: TokenCell[] = [];
  const fill = (start: number, end: number) => {
    const stops = [
      start,
      ...borders.filter((border) => border > start && border < end).sort((a, b) => a - b),
      end,
    ];
    stops.slice(1).forEach((stop, i) => {
      if (stop > stops[i]!) cells.push({ start: stops[i]!, end: stop, part: partAt(stops[i]!) });
    });
  };
  let done = 0;
  for (const { start, end, taught, nll } of [...tokens].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = cells.at(-1);
    if (start < done && last) {
      cells[cells.length - 1] = {
        ...last,
        end: Math.max(last.end, end),
        taught: (last.taught ?? 0) + taught,
        nll: (last.nll ?? 0) + nll,
      };
    } else {
      fill(done, start);
      cells.push({ start, end, part: partAt(start), taught, nll });
    }
    done = Math.max(done, end);
  }
  fill(done, text.length);
  return cells;
}
