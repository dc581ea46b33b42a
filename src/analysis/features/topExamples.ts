import type { FeatureReading } from './featureReading.js';

/** Tokens around a feature's strongest one in a text. */
export interface FoundExample {
  readonly path: string;
  readonly record?: number;
  /** 1-based. */
  readonly line: number;
  readonly tokens: readonly string[];
  /** Activation at each token. */
  readonly values: readonly number[];
  /** The strongest of them. */
  readonly value: number;
}

const before = 12;
const after = 3;
/** Characters that are read at once: well within the model's window, whatever the language. */
export const pieceLength = 2000;

/** Pieces of a text, cut at line ends where there are any. */
export function piecesOf(text: string): { readonly start: number; readonly text: string }[] {
  const pieces: { start: number; text: string }[] = [];
  for (let start = 0; start < text.length;) {
    const limit = Math.min(text.length, start + pieceLength);
    const lineEnd = text.lastIndexOf('\n', limit - 1) + 1;
    const end = limit < text.length && lineEnd > start ? lineEnd : limit;
    pieces.push({ start, text: text.slice(start, end) });
    start = end;
  }
  return pieces;
}

/** The strongest place of a text that was read for one feature; undefined where it does not fire. */
export function strongestPlace(
  text: string,
  { tokens }: FeatureReading,
): (Pick<FoundExample, 'tokens' | 'values' | 'value'> & { readonly offset: number }) | undefined {
  const values = tokens.map(({ features }) => features[0]?.value ?? 0);
  const value = Math.max(0, ...values);
  if (value === 0) return undefined;
  const at = values.indexOf(value);
  const [from, to] = [Math.max(0, at - before), Math.min(tokens.length, at + after + 1)];
  return {
    value,
    values: values.slice(from, to),
    tokens: tokens.slice(from, to).map(({ start, end }) => text.slice(start, end)),
    offset: tokens[at]!.start,
  };
}

/** Keeps the strongest examples, at most `most`. */
export function insertExample(found: FoundExample[], example: FoundExample, most: number): void {
  const place = found.findIndex(({ value }) => value < example.value);
  found.splice(place < 0 ? found.length : place, 0, example);
  found.length = Math.min(found.length, most);
}
