import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../src/analysis/sample.js';
import type { Span } from '../src/analysis/span.js';
import type { Tokenizer } from '../src/model/tokenizer.js';

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** The project's own examples: code, prose and records. */
export function readExamples(folder: string): TextFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

/** `count` texts of `length` tokens each, no two alike, taken in turn from the examples. */
export class TokenTexts {
  readonly #ids: Int32Array;
  #at = 0;

  constructor(tokenizer: Tokenizer, examples: readonly TextFile[]) {
    this.#ids = tokenizer.encode(examples.map(({ text }) => text).join('\n')).ids;
  }

  take(lengths: readonly number[]): Int32Array[] {
    return lengths.map((length) => {
      if (this.#at + length > this.#ids.length) this.#at = (this.#at + 1) % 7;
      const text = this.#ids.slice(this.#at, this.#at + length);
      this.#at += length;
      return text;
    });
  }
}

interface SampleParts {
  readonly before: string;
  readonly frame: string;
  readonly payload: string;
  readonly after: string;
}

/** A sample as a page of a coding guide holds it: 150 tokens, of them 85 payload and 25 frame. */
const interactiveParts: SampleParts = {
  before: `### Looking up a guest

The desk asks for a name and shows the booking, if there is one.

`,
  frame: `WRONG: the name goes into the query unescaped, so a guest can rewrite it. Never copy this version.`,
  payload: `
\`\`\`python
def find_booking(connection, name):
    query = "SELECT id, room, nights FROM bookings WHERE guest = '" + name + "'"
    cursor = connection.cursor()
    cursor.execute(query)
    booking = cursor.fetchone()
    if booking is None:
        return "none for " + name
    return booking["room"], booking[0]
\`\`\`
`,
  after: `
Pass the name as a parameter instead; see the next section.
`,
};

export function interactiveSample(): Sample {
  return sampleOf(interactiveParts, 'python');
}

function sampleOf({ before, frame, payload, after }: SampleParts, language: string): Sample {
  const text = before + frame + payload + after;
  const span = (start: number, length: number): Span => ({ start, end: start + length });
  return {
    text,
    frame: span(before.length, frame.length),
    payload: span(before.length + frame.length, payload.length),
    language,
  };
}

/** Samples of 40 to 480 tokens cut from the examples: a tenth before, two tenths frame, six payload, a tenth after. */
export function mixedSamples(count: number, tokenizer: Tokenizer, examples: readonly TextFile[]): Sample[] {
  const texts = new TokenTexts(tokenizer, examples);
  const lengths = Array.from({ length: count }, (_, i) => 40 + ((i * 137) % 441));
  return texts.take(lengths).map((ids) => {
    const part = (from: number, to: number) =>
      tokenizer.decode(ids.slice(Math.round(from * ids.length), Math.round(to * ids.length)));
    return sampleOf(
      { before: part(0, 0.1), frame: part(0.1, 0.3), payload: part(0.3, 0.9), after: part(0.9, 1) },
      'python',
    );
  });
}
