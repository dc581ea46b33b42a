import { byteLetters, ByteOffsets, spelledBytes } from './byteOffsets.js';
import { parseTokenizerFile, type TokenizerFile } from './tokenizerFile.js';
import { Merges } from './tokenizerMerges.js';
import { preTokenEnd } from './tokenizerPreTokens.js';

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

/** Pre-tokens up to this length are remembered: nearly all that come back are shorter. */
const longestRemembered = 32;
/** Bound of the memory, some 10 MB; it starts afresh when full. */
const mostRemembered = 50_000;

/** Byte-level BPE as SmolLM2 has it, giving the ids of the reference implementation (Hugging Face `tokenizers`) with spans. */
export class Tokenizer {
  readonly #idBytes: readonly Uint8Array[];
  /** Id of each byte's own token, −1 where the vocabulary has none. */
  readonly #byteIds: Int32Array;
  readonly #merges: Merges;
  readonly #specialIds: ReadonlyMap<string, number>;
  readonly #specialPattern: RegExp | undefined;

  readonly #offsets = new ByteOffsets();
  #symbols = new Int32Array(256);
  /** Pre-token → its tokens as triples: id, start and end from the pre-token's start. */
  readonly #remembered = new Map<string, Int32Array>();

  private constructor(file: TokenizerFile) {
    const ids = new Map(Object.entries(file.model.vocab));
    for (const { content, id } of file.added_tokens) ids.set(content, id);
    this.#specialIds = new Map(file.added_tokens.map(({ content, id }) => [content, id]));
    this.#specialPattern = anyOf([...this.#specialIds.keys()]);
    this.#idBytes = bytesById(ids, this.#specialIds);
    this.#byteIds = Int32Array.from(byteLetters, (letter) => ids.get(letter) ?? -1);
    const idOf = (token: string) => {
      const id = ids.get(token);
      if (id === undefined) throw unusable(`${JSON.stringify(token)} is merged but not in the vocabulary`);
      return id;
    };
    this.#merges = new Merges(
      file.model.merges.map(([left, right]) => ({
        left: idOf(left),
        right: idOf(right),
        merged: idOf(left + right),
      })),
      ids.size,
    );
  }

  /**
   * Takes the parsed content of `tokenizer.json` and `tokenizer_config.json`.
   * Throws an Error that says what is not supported: a normalizer, another pre-tokenizer, tokens added to every text, …
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
    for (let at = start; at < limit;) {
      const end = preTokenEnd(text, at, limit);
      if (end - at > longestRemembered) this.#encodePreToken(text, at, end, push);
      else {
        const tokens = this.#recall(text, at, end);
        for (let i = 0; i < tokens.length; i += 3) push(tokens[i]!, at + tokens[i + 1]!, at + tokens[i + 2]!);
      }
      at = end;
    }
  }

  #recall(text: string, start: number, end: number): Int32Array {
    const preToken = text.slice(start, end);
    const known = this.#remembered.get(preToken);
    if (known) return known;
    const triples: number[] = [];
    this.#encodePreToken(preToken, 0, preToken.length, (...triple) => triples.push(...triple));
    const tokens = new Int32Array(triples);
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    // A key of its own: a slice would keep the whole text in memory.
    const key = String.fromCharCode(
      ...Array.from({ length: preToken.length }, (_, i) => preToken.charCodeAt(i)),
    );
    this.#remembered.set(key, tokens);
    return tokens;
  }

  #encodePreToken(text: string, start: number, end: number, push: Push): void {
    const offsets = this.#offsets;
    offsets.read(text, start, end);
    if (offsets.length > this.#symbols.length) this.#symbols = new Int32Array(offsets.length);
    let kept = 0;
    for (let i = 0; i < offsets.length; i++) {
      const id = this.#byteIds[offsets.bytes[i]!]!;
      if (id === -1) continue;
      this.#symbols[kept] = id;
      offsets.starts[kept] = offsets.starts[i]!;
      offsets.ends[kept++] = offsets.ends[i]!;
    }
    this.#merges.apply(this.#symbols, kept, (id, first, afterLast) =>
      push(id, offsets.starts[first]!, offsets.ends[afterLast - 1]!),
    );
  }
}

type Push = (id: number, start: number, end: number) => void;

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

function bytesById(ids: ReadonlyMap<string, number>, special: ReadonlyMap<string, number>): Uint8Array[] {
  const encoder = new TextEncoder();
  const table = new Array<Uint8Array | undefined>(ids.size).fill(undefined);
  for (const [token, id] of ids) {
    const bytes = special.has(token) ? encoder.encode(token) : spelledBytes(token);
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

function unusable(problem: string): Error {
  return new Error(`tokenizer.json can't be used: ${problem}`);
}
