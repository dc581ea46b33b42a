import { byteLetters, ByteOffsets } from './byteOffsets.js';
import { llamaPreTokenEnd } from './llamaPreTokens.js';
import type { PreTokenForm, TokenizerFile } from './tokenizerFile.js';
import type { Merges } from './tokenizerMerges.js';
import { preTokenEnd } from './tokenizerPreTokens.js';

/** Takes a token: its id, and the UTF-16 units that it stands for. */
export type Push = (id: number, start: number, end: number) => void;

/** Cuts a stretch of text without special tokens into tokens. */
export interface Pieces {
  encode(text: string, start: number, limit: number, push: Push): void;
}

/** Pre-tokens up to this length are remembered: nearly all that come back are shorter. */
const longestRemembered = 32;
/** Bound of the memory, some 10 MB; it starts afresh when full. */
const mostRemembered = 50_000;

/** Byte-level BPE: bytes are merged within pre-tokens. */
export class ByteLevelPieces implements Pieces {
  readonly #preTokenEnd: (text: string, start: number, limit: number) => number;
  /** Id of each byte's own token, −1 where the vocabulary has none. */
  readonly #byteIds: Int32Array;
  /** Tokens that are taken whole, whatever the merges say; absent where they are not. */
  readonly #whole: ReadonlyMap<string, number> | undefined;

  readonly #offsets = new ByteOffsets();
  #symbols = new Int32Array(256);
  /** Pre-token → its tokens as triples: id, start and end from the pre-token's start. */
  readonly #remembered = new Map<string, Int32Array>();

  constructor(
    ids: ReadonlyMap<string, number>,
    private readonly merges: Merges,
    { model }: TokenizerFile,
    form: PreTokenForm,
  ) {
    this.#preTokenEnd = preTokenEnds[form];
    this.#byteIds = Int32Array.from(byteLetters, (letter) => ids.get(letter) ?? -1);
    this.#whole = model.ignore_merges === true ? new Map(Object.entries(model.vocab)) : undefined;
  }

  encode(text: string, start: number, limit: number, push: Push): void {
    for (let at = start; at < limit;) {
      const end = this.#preTokenEnd(text, at, limit);
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
    const whole = this.#whole?.get(spelling(offsets));
    if (whole !== undefined) {
      push(whole, start, end);
      return;
    }
    if (offsets.length > this.#symbols.length) this.#symbols = new Int32Array(offsets.length);
    let kept = 0;
    for (let i = 0; i < offsets.length; i++) {
      const id = this.#byteIds[offsets.bytes[i]!]!;
      if (id === -1) continue;
      this.#symbols[kept] = id;
      offsets.starts[kept] = offsets.starts[i]!;
      offsets.ends[kept++] = offsets.ends[i]!;
    }
    this.merges.apply(this.#symbols, kept, (id, first, afterLast) =>
      push(id, offsets.starts[first]!, offsets.ends[afterLast - 1]!),
    );
  }
}

const preTokenEnds: Readonly<Record<PreTokenForm, (text: string, start: number, limit: number) => number>> = {
  smollm: preTokenEnd,
  llama3: (text, start, limit) => llamaPreTokenEnd(text, start, limit, 3),
  qwen: (text, start, limit) => llamaPreTokenEnd(text, start, limit, 1),
};

function spelling({ bytes, length }: ByteOffsets): string {
  let letters = '';
  for (let i = 0; i < length; i++) letters += byteLetters[bytes[i]!]!;
  return letters;
}
