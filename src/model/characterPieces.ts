import type { Pieces, Push } from './byteLevelPieces.js';
import { ByteOffsets } from './byteOffsets.js';
import { unusable } from './tokenizerFile.js';
import type { Merges } from './tokenizerMerges.js';

/** What stands for a space in the vocabulary. */
const spaceMark = '▁';
const space = 0x20;

/**
 * Gemma's BPE: characters are merged, across words; one without a token of its own gives a token for each of its bytes. A whole
 * stretch of text is one pre-token.
 */
export class CharacterPieces implements Pieces {
  /** Tokens of the bytes 0 to 255. */
  readonly #byteIds: Int32Array;
  readonly #bytes = new ByteOffsets();
  #symbols = new Int32Array(256);
  #starts = new Int32Array(256);
  #ends = new Int32Array(256);
  #length = 0;

  /** Throws an Error where a byte has no token. */
  constructor(
    private readonly ids: ReadonlyMap<string, number>,
    private readonly merges: Merges,
  ) {
    this.#byteIds = Int32Array.from({ length: 256 }, (_, byte) => {
      const id = ids.get(byteToken(byte));
      if (id === undefined) throw unusable(`the vocabulary has no token ${byteToken(byte)}`);
      return id;
    });
  }

  encode(text: string, start: number, limit: number, push: Push): void {
    this.#reserve(3 * (limit - start));
    this.#length = 0;
    for (let at = start; at < limit;) {
      const codePoint = text.codePointAt(at)!;
      const end = at + (codePoint > 0xffff ? 2 : 1);
      const character = codePoint === space ? spaceMark : text.slice(at, end);
      const id = this.ids.get(character);
      if (id === undefined) this.#putBytes(text, at, end);
      else this.#put(id, at, end);
      at = end;
    }
    this.merges.apply(this.#symbols, this.#length, (id, first, afterLast) =>
      push(id, this.#starts[first]!, this.#ends[afterLast - 1]!),
    );
  }

  #putBytes(text: string, start: number, end: number): void {
    this.#bytes.read(text, start, end);
    for (let i = 0; i < this.#bytes.length; i++) this.#put(this.#byteIds[this.#bytes.bytes[i]!]!, start, end);
  }

  #put(id: number, start: number, end: number): void {
    this.#symbols[this.#length] = id;
    this.#starts[this.#length] = start;
    this.#ends[this.#length++] = end;
  }

  /** A unit gives at most three tokens, as many as it has bytes. */
  #reserve(length: number): void {
    if (length <= this.#symbols.length) return;
    this.#symbols = new Int32Array(length);
    this.#starts = new Int32Array(length);
    this.#ends = new Int32Array(length);
  }
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

const bytePattern = /^<0x([0-9A-F]{2})>$/;

/** Bytes of a token as its vocabulary spells it. */
export function characterBytes(token: string): Uint8Array {
  const byte = bytePattern.exec(token)?.[1];
  return byte === undefined
    ? new TextEncoder().encode(token.replaceAll(spaceMark, ' '))
    : Uint8Array.of(parseInt(byte, 16));
}
