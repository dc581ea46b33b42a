import type { TokenContribution } from '../src/analysis/measure/measureResult.js';
import type { Span } from '../src/analysis/span.js';

export type Part = 'frame' | 'payload' | 'context';

/** A run of the sample's text that is drawn as one. */
export interface HeatCell extends Span {
  readonly part: Part;
  /** Nats per payload token; absent where the model predicts nothing: the first token, and what a window left out. */
  readonly taught?: number;
}

/**
 * Cuts the text into cells, each character in exactly one. Tokens that share a character (bytes of one letter) are drawn,
 * and summed, as one; a token across the border of frame or payload belongs to the part where it begins.
 */
export function heatCells(
  sample: { readonly text: string; readonly frame?: Span; readonly payload: Span },
  tokens: readonly TokenContribution[],
): HeatCell[] {
  const { text, frame, payload } = sample;
  const borders = [frame?.start, frame?.end, payload.start, payload.end].filter(
    (border) => border !== undefined,
  );
  const partAt = (index: number): Part => {
    if (index >= payload.start && index < payload.end) return 'payload';
    return frame && index >= frame.start && index < frame.end ? 'frame' : 'context';
  };
  const cells: HeatCell[] = [];
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
  for (const { start, end, taught } of [...tokens].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = cells.at(-1);
    if (start < done && last) {
      cells[cells.length - 1] = {
        ...last,
        end: Math.max(last.end, end),
        taught: (last.taught ?? 0) + taught,
      };
    } else {
      fill(done, start);
      cells.push({ start, end, part: partAt(start), taught });
    }
    done = Math.max(done, end);
  }
  fill(done, text.length);
  return cells;
}

/** Largest share of the lesson in one cell: the end of the colour scale. Nats per payload token. */
export function strongest(cells: readonly HeatCell[]): number {
  return cells.reduce((most, { taught = 0 }) => Math.max(most, Math.abs(taught)), 0);
}

/** What the cells of a part contribute together, nats per payload token. */
export function totalOf(cells: readonly HeatCell[], part: Part): number {
  return cells.reduce((sum, cell) => (cell.part === part ? sum + (cell.taught ?? 0) : sum), 0);
}
