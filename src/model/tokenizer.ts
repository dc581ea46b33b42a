import { ByteLevelPieces, type Pieces, type Push } from './byteLevelPieces.js';
import { spelledBytes } from './byteOffsets.js';
import { characterBytes, CharacterPieces } from './characterPieces.js';
import { composed } from './composedText.js';
import { parseTokenizerFile, type TokenizerForm, unusable } from './tokenizerFile.js';
import { Merges } from './tokenizerMerges.js';

/**
 * The tokens of a text. Token i has the span [starts[i], ends[i]) in UTF-16 code units.
 *
 * - Spans never decrease, and together cover the text without a gap.
 * - A token that holds only a part of a character has the span of the whole character, so the tokens of one split
 *   character share it. Otherwise spans do not overlap.
 * - A character without any token (see `Tokenizer.encode`) is counted to the token before it, or at the start of the text
 *   to the first one.
 */
export interface Encoding {
  readonly ids: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** BPE as SmolLM2, Llama 3, Qwen and Gemma have it, giving the ids of the reference implementation (Hugging Face `tokenizers`) with spans. */
export class Tokenizer {
  readonly #idBytes: readonly Uint8Array[];
  readonly #specialIds: ReadonlyMap<string, number>;
  readonly #specialPattern: RegExp | undefined;
  readonly #pieces: Pieces;
  readonly #composes: boolean;
  /** Ids that the model is given before every text; none in SmolLM2. */
  readonly startIds: readonly number[];

  private constructor({ file, pieces, composes, startIds }: TokenizerForm) {
    const ids = new Map(Object.entries(file.model.vocab));
    for (const { content, id } of file.added_tokens) ids.set(content, id);
    this.#specialIds = new Map(file.added_tokens.map(({ content, id }) => [content, id]));
    this.#specialPattern = anyOf([...this.#specialIds.keys()]);
    const isCharacters = pieces === 'characters';
    this.#idBytes = bytesById(ids, this.#specialIds, isCharacters ? characterBytes : spelledBytes);
    const merges = mergesOf(file.model.merges, ids);
    this.#pieces = isCharacters
      ? new CharacterPieces(ids, merges)
      : new ByteLevelPieces(ids, merges, file, pieces);
    this.#composes = composes;
    this.startIds = startIds;
  }

  /**
   * Takes the parsed content of `tokenizer.json` and `tokenizer_config.json`.
   * Throws an Error that says what is not supported: another normalizer or pre-tokenizer, tokens after every text, …
   */
  static fromJson(tokenizerJson: unknown, tokenizerConfig: unknown): Tokenizer {
    return new Tokenizer(parseTokenizerFile(tokenizerJson, tokenizerConfig));
  }

  /** Number of ids, special tokens among them: ids are 0 … vocabularySize − 1. */
  get vocabularySize(): number {
    return this.#idBytes.length;
  }

  /**
   * Tokens of a text, none added at its start or end. Linear in the text (a run without any border: n log n).
   *
   * Where the text spells out a special token (`<|im_start|>`), that token is taken, as the reference does: samples are
   * measured as they would be trained on, and chat templates are part of them.
   *
   * Where the model composes text first (NFC), all tokens of characters that this changed have the span of the whole cluster.
   * A lone surrogate is read as U+FFFD. Bytes that the vocabulary lacks get no token, as in the reference: in SmolLM2 six
   * control characters (U+0004, 06, 13, 14, 16, 1D) and the first byte of characters in the unassigned planes 4–11. So a text
   * of nothing but such control characters has no tokens.
   */
  encode(text: string): Encoding {
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    const push = (id: number, start: number, end: number) => {
      const last = ids.length - 1;
      // Closes the gap that characters without a token leave; at the start of the text there is no token before.
      if (last < 0) start = 0;
      else if (ends[last]! < start) ends[last] = start;
      ids.push(id);
      starts.push(start);
      ends.push(end);
    };

    let plainStart = 0;
    for (const match of this.#specialPattern ? text.matchAll(this.#specialPattern) : []) {
      this.#encodePlain(text, plainStart, match.index, push);
      plainStart = match.index + match[0].length;
      push(this.#specialIds.get(match[0])!, match.index, plainStart);
    }
    this.#encodePlain(text, plainStart, text.length, push);
    if (ends.length > 0) ends[ends.length - 1] = text.length;
    return { ids: new Int32Array(ids), starts: new Int32Array(starts), ends: new Int32Array(ends) };
  }

  /** The same as the model is given it: before it the tokens that stand before every text, with empty spans. */
  encodeForModel(text: string): Encoding {
    const { ids, starts, ends } = this.encode(text);
    const count = this.startIds.length;
    if (count === 0) return { ids, starts, ends };
    const after = (values: Int32Array) => {
      const all = new Int32Array(count + values.length);
      all.set(values, count);
      return all;
    };
    const all = after(ids);
    all.set(this.startIds);
    return { ids: all, starts: after(starts), ends: after(ends) };
  }

  /** Text of the ids, special tokens spelt out; bytes that are no UTF-8 become U+FFFD. Throws a RangeError on an unknown id. */
  decode(ids: Iterable<number>): string {
    const parts = Array.from(ids, (id) => this.#bytesOf(id));
    return utf8.decode(Buffer.concat(parts));
  }

  /** Text of one token; U+FFFD stands for the part of a character that a token may hold. Throws a RangeError on an unknown id. */
  tokenText(id: number): string {
    return utf8.decode(this.#bytesOf(id));
  }

  #bytesOf(id: number): Uint8Array {
    const bytes = this.#idBytes[id];
    if (bytes === undefined) throw new RangeError(`token id ${id} is not in 0 … ${this.vocabularySize - 1}`);
    return bytes;
  }

  #encodePlain(text: string, start: number, limit: number, push: Push): void {
    const changed = this.#composes ? composed(text.slice(start, limit)) : undefined;
    if (!changed) {
      this.#pieces.encode(text, start, limit, push);
      return;
    }
    const { starts, ends } = changed;
    this.#pieces.encode(changed.text, 0, changed.text.length, (id, from, to) =>
      push(id, start + starts[from]!, start + ends[to - 1]!),
    );
  }
}

/**
 * Range of the tokens [start, end) whose spans overlap a span of the text. A token that straddles a border of the span counts
 * as inside (in SmolLM2 mostly the space before the first word), and so does each token of a split character.
 * An empty span has an empty range.
 */
export function tokenRange(
  encoding: Encoding,
  span: { readonly start: number; readonly end: number },
): { start: number; end: number } {
  const { starts, ends, ids } = encoding;
  const start = firstIndex(ids.length, (token) => ends[token]! > span.start);
  if (span.end <= span.start) return { start, end: start };
  const end = firstIndex(ids.length, (token) => starts[token]! >= span.end);
  return { start, end: Math.max(start, end) };
}

/** First of 0 … length − 1 that passes a test which, once passed, is passed ever after; `length` if none does. */
function firstIndex(length: number, passes: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Without the tokens that `encodeForModel` puts before a text. */
export function withoutStart({ ids, starts, ends }: Encoding): Encoding {
  let first = 0;
  while (first < ids.length && ends[first] === 0) first++;
  return { ids: ids.subarray(first), starts: starts.subarray(first), ends: ends.subarray(first) };
}

function mergesOf(
  merges: readonly (readonly [string, string] | string)[],
  ids: ReadonlyMap<string, number>,
): Merges {
  const idOf = (token: string) => {
    const id = ids.get(token);
    if (id === undefined) throw unusable(`${JSON.stringify(token)} is merged but not in the vocabulary`);
    return id;
  };
  return new Merges(
    merges.map((pair) => {
      const [left, right] = typeof pair === 'string' ? (pair.split(' ') as [string, string]) : pair;
      return { left: idOf(left), right: idOf(right), merged: idOf(left + right) };
    }),
    ids.size,
  );
}

function bytesById(
  ids: ReadonlyMap<string, number>,
  special: ReadonlyMap<string, number>,
  spelt: (token: string) => Uint8Array | undefined,
): Uint8Array[] {
  const encoder = new TextEncoder();
  const table = new Array<Uint8Array | undefined>(ids.size).fill(undefined);
  for (const [token, id] of ids) {
    const bytes = special.has(token) && spelt === spelledBytes ? encoder.encode(token) : spelt(token);
    if (!bytes) throw unusable(`token ${JSON.stringify(token)} is not spelt in the byte-level alphabet`);
    if (id >= table.length || table[id])
      throw unusable(`ids must be 0 … ${ids.size - 1}, each once; ${id} is not`);
    table[id] = bytes;
  }
  return table as Uint8Array[];
}

/** Leftmost-longest match of any of the literals, as the reference matches added tokens. */
function anyOf(literals: readonly string[]): RegExp | undefined {
  if (literals.length === 0) return undefined;
  const longestFirst = literals.toSorted((a, b) => b.length - a.length);
  return new RegExp(
    longestFirst.map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
    'g',
  );
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
