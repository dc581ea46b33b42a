/** Where to go on in a stream that was begun: bytes and records before it. */
export interface Begun {
  readonly byte: number;
  readonly records: number;
}

export const atStart: Begun = { byte: 0, records: 0 };

/** One line of a JSONL stream, with its place in bytes: `start` of the line, `end` after its line break. */
export type InputLine = { readonly number: number; readonly start: number; readonly end: number } & (
  | { readonly kind: 'line'; readonly text: string; readonly replaced: boolean }
  | { readonly kind: 'too-long'; readonly bytes: number }
);

/**
 * Splits a byte stream at line feeds and holds one line at a time. A line over `maxBytes` is read through without
 * being kept. `from` continues a stream that was cut at a line border: bytes and lines before it.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  from: Begun = atStart,
): AsyncGenerator<InputLine> {
  let number = from.records;
  let start = from.byte;
  let kept: Uint8Array[] = [];
  let length = 0;

  const keep = (part: Uint8Array): void => {
    length += part.length;
    if (length > maxBytes) kept = [];
    else if (part.length > 0) kept.push(part);
  };
  const take = (breakBytes: 0 | 1): InputLine => {
    number += 1;
    const place = { number, start, end: start + length + breakBytes };
    const line: InputLine =
      length > maxBytes
        ? { ...place, kind: 'too-long', bytes: length }
        : { ...place, kind: 'line', ...decodeLine(Buffer.concat(kept, length)) };
    start = place.end;
    kept = [];
    length = 0;
    return line;
  };

  for await (const chunk of chunks) {
    let at = 0;
    for (;;) {
      const lineFeed = chunk.indexOf(0x0a, at);
      if (lineFeed === -1) break;
      keep(chunk.subarray(at, lineFeed));
      yield take(1);
      at = lineFeed + 1;
    }
    keep(chunk.subarray(at));
  }
  if (length > 0) yield take(0);
}

export function decodeLine(data: Uint8Array): { text: string; replaced: boolean } {
  const end = data.at(-1) === 0x0d ? data.length - 1 : data.length;
  const line = data.subarray(0, end);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(line), replaced: false };
  } catch {
    return { text: new TextDecoder('utf-8').decode(line), replaced: true };
  }
}
