import { ReadError } from './fileErrors.js';
import { atStart, type Begun, decodeLine, type InputLine } from './readLines.js';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const open = [0x5b, 0x7b];
const close = [0x5d, 0x7d];
const space = [0x20, 0x09, 0x0a, 0x0d];

/**
 * Splits a stream that holds one JSON array into its elements and holds one at a time, so that an array may be of any
 * size and any depth; an element over `maxBytes` is read through without being kept. A parser that hands out values
 * would build the element before its size is known. `from` goes on behind an element.
 *
 * @throws ReadError if the array does not end, or something follows it
 */
export async function* readArray(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  from: Begun = atStart,
): AsyncGenerator<InputLine> {
  const splitter = new ArraySplitter(maxBytes, from);
  for await (const chunk of chunks) yield* splitter.take(chunk);
  if (!splitter.isClosed)
    throw new ReadError('truncated', `the array does not end: its file stops after byte ${splitter.at}`);
}

class ArraySplitter {
  isClosed = false;
  /** Bytes before the byte that is looked at. */
  at: number;
  private number: number;
  private isOpened: boolean;
  private depth = 0;
  private isInString = false;
  private isEscaped = false;
  /** Where the element began; `undefined` between two. */
  private start: number | undefined;
  private kept: Uint8Array[] = [];

  constructor(
    private readonly maxBytes: number,
    from: Begun,
  ) {
    this.at = from.byte;
    this.number = from.records;
    this.isOpened = from.byte > 0;
  }

  *take(chunk: Uint8Array): Generator<InputLine> {
    const base = this.at;
    let keptFrom = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      this.at = base + index;
      if (this.start === undefined) {
        if (!this.begins(byte)) continue;
        this.start = this.at;
        keptFrom = index;
      }
      // A number or a word ends before what follows it, everything else with its last byte.
      const ending = this.step(byte);
      if (ending === 'inside') continue;
      const end = ending === 'with' ? index + 1 : index;
      this.keep(chunk.subarray(keptFrom, end), base + end);
      yield this.element(base + end);
      if (ending === 'before') index -= 1;
    }
    this.at = base + chunk.length;
    if (this.start !== undefined) this.keep(chunk.slice(keptFrom), this.at);
  }

  private begins(byte: number): boolean {
    if (space.includes(byte) || (byte === comma && this.isOpened && !this.isClosed)) return false;
    if (this.isClosed) throw new ReadError('malformed-json', `byte ${this.at}: something follows the array`);
    if (byte === close[0]) this.isClosed = true;
    else if (this.isOpened) return true;
    this.isOpened = true;
    return false;
  }

  private step(byte: number): 'inside' | 'with' | 'before' {
    if (this.isInString) {
      if (this.isEscaped) this.isEscaped = false;
      else if (byte === backslash) this.isEscaped = true;
      else if (byte === quote) this.isInString = false;
      return this.isInString || this.depth > 0 ? 'inside' : 'with';
    }
    if (byte === quote) this.isInString = true;
    else if (open.includes(byte)) this.depth += 1;
    else if (close.includes(byte) && this.depth > 0) {
      this.depth -= 1;
      if (this.depth === 0) return 'with';
    } else if (this.depth === 0 && (byte === comma || byte === close[0] || space.includes(byte)))
      return 'before';
    return 'inside';
  }

  private keep(part: Uint8Array, end: number): void {
    if (end - (this.start ?? end) > this.maxBytes) this.kept = [];
    else this.kept.push(part);
  }

  private element(end: number): InputLine {
    this.number += 1;
    const start = this.start ?? end;
    const place = { number: this.number, start, end };
    const bytes = end - start;
    const element: InputLine =
      bytes > this.maxBytes
        ? { ...place, kind: 'too-long', bytes }
        : { ...place, kind: 'line', ...decodeLine(Buffer.concat(this.kept, bytes)) };
    this.start = undefined;
    this.kept = [];
    return element;
  }
}
