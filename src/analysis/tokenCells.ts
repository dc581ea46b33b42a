import type { Span } from './span.js';

export type Part = 'frame' | 'payload' | 'context';

/** What a token may have: what training on it teaches, how it surprises and what it says to the probe, or how a feature fires there. */
export interface TokenValues {
  /** Nats per payload token. */
  readonly taught?: number;
  /** Nats. */
  readonly nll?: number;
  /** Log-odds of the pack's probe. */
  readonly probe?: number;
  /** Of the chosen feature. */
  readonly activation?: number;
}

/**
 * A run of a text that is drawn as one. Values are absent where there are none: the model predicts no first token, a window left
 * something out, the probe reads no sinks, or no feature is read.
 */
export interface TokenCell extends Span, TokenValues {
  readonly part: Part;
}

/**
 * Cuts the text into cells, each character in exactly one. Tokens that share a character (bytes of one letter) are drawn,
 * and summed, as one, of activations and what the probe says the largest taken; a token across the border of frame or payload belongs to the part where it begins.
 */
export function tokenCells(
  sample: { readonly text: string; readonly frame?: Span; readonly payload: Span },
  tokens: readonly (Span & TokenValues)[],
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
  for (const { start, end, ...token } of [...tokens].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = cells.at(-1);
    if (start < done && last) {
      cells[cells.length - 1] = { ...last, end: Math.max(last.end, end), ...together(last, token) };
    } else {
      fill(done, start);
      cells.push({ start, end, part: partAt(start), ...valuesOf(token) });
    }
    done = Math.max(done, end);
  }
  fill(done, text.length);
  return cells;
}

type Join = (x: number, y: number) => number;

const joins: Record<keyof TokenValues, Join> = {
  taught: (x, y) => x + y,
  nll: (x, y) => x + y,
  probe: Math.max,
  activation: Math.max,
};
const names = Object.keys(joins) as (keyof TokenValues)[];

/** Those values that are there. */
function valuesOf(values: TokenValues): TokenValues {
  return Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
}

function together(a: TokenValues, b: TokenValues): TokenValues {
  return valuesOf(
    Object.fromEntries(
      names.map((name) => {
        const [x, y] = [a[name], b[name]];
        return [name, x === undefined ? y : y === undefined ? x : joins[name](x, y)];
      }),
    ),
  );
}
