/**
 * The UTF-8 bytes of a stretch of text, each with the UTF-16 units of the character that it belongs to.
 * Holds room for one stretch at a time and is used again for the next, so that encoding allocates little.
 */
export class ByteOffsets {
  /** Number of bytes of the stretch read last; the arrays may be longer. */
  length = 0;
  /** Byte values. */
  bytes = new Uint8Array(256);
  /** First UTF-16 unit of each byte's character, counted from the start of the text. */
  starts = new Int32Array(256);
  /** One past the last UTF-16 unit of each byte's character. */
  ends = new Int32Array(256);

  /**
   * Reads `text.slice(start, end)`, which must not cut a surrogate pair in two.
   * A lone surrogate has no UTF-8 form; it stands as U+FFFD (EF BF BD), as `TextEncoder` has it, but keeps its own place.
   */
  read(text: string, start: number, end: number): void {
    // A unit gives at most three bytes: pairs give four, but take two units.
    this.#reserve(3 * (end - start));
    this.length = 0;
    for (let at = start; at < end;) {
      const unit = text.charCodeAt(at);
      if (unit < 0x80) {
        this.#put(unit, at, ++at);
        continue;
      }
      let codePoint = text.codePointAt(at)!;
      const next = at + (codePoint > 0xffff ? 2 : 1);
      if (codePoint >= 0xd800 && codePoint <= 0xdfff) codePoint = 0xfffd;
      if (codePoint < 0x800) {
        this.#put(0xc0 | (codePoint >> 6), at, next);
      } else {
        if (codePoint < 0x10000) {
          this.#put(0xe0 | (codePoint >> 12), at, next);
        } else {
          this.#put(0xf0 | (codePoint >> 18), at, next);
          this.#put(0x80 | ((codePoint >> 12) & 0x3f), at, next);
        }
        this.#put(0x80 | ((codePoint >> 6) & 0x3f), at, next);
      }
      this.#put(0x80 | (codePoint & 0x3f), at, next);
      at = next;
    }
  }

  #put(byte: number, start: number, end: number): void {
    this.bytes[this.length] = byte;
    this.starts[this.length] = start;
    this.ends[this.length++] = end;
  }

  #reserve(length: number): void {
    if (length <= this.bytes.length) return;
    this.bytes = new Uint8Array(length);
    this.starts = new Int32Array(length);
    this.ends = new Int32Array(length);
  }
}

/**
 * The letter that stands for each byte in a byte-level vocabulary (GPT-2's alphabet): printable Latin-1 stands for itself,
 * the rest follow from U+0100 on, in order.
 */
export const byteLetters: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const printable = (value: number) =>
    (value >= 0x21 && value <= 0x7e) || (value >= 0xa1 && value <= 0xac) || value >= 0xae;
  if (printable(byte)) return String.fromCharCode(byte);
  let before = 0;
  for (let value = 0; value < byte; value++) if (!printable(value)) before++;
  return String.fromCharCode(0x100 + before);
});

const letterBytes = new Map(byteLetters.map((letter, byte) => [letter, byte]));

/** Bytes behind a token's spelling in the byte-level alphabet; undefined where a letter is not of it. */
export function spelledBytes(spelling: string): Uint8Array | undefined {
  const bytes = new Uint8Array(spelling.length);
  for (let i = 0; i < spelling.length; i++) {
    const byte = letterBytes.get(spelling[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
