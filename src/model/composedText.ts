/** A text in Unicode's composed form (NFC), with the place in the source of each of its UTF-16 units. */
export interface ComposedText {
  readonly text: string;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/**
 * What composes stands together: a character with the marks after it, syllables of Hangul and of Kirat Rai with their parts.
 * All that came of such a cluster has the cluster's place, unless nothing changed in it.
 */
const clusters = /[^][\p{M}\u1160-\u11ff\u{16d67}-\u{16d6a}]*/gu;

/** Undefined where the text is composed already, as nearly all are. */
export function composed(text: string): ComposedText | undefined {
  const whole = text.normalize('NFC');
  if (whole === text) return undefined;
  const parts = Array.from(text.matchAll(clusters), ({ 0: source, index }) => ({
    source,
    index,
    result: source.normalize('NFC'),
  }));
  const known = parts.map(({ result }) => result).join('') === whole;
  return placed(known ? parts : [{ source: text, index: 0, result: whole }], whole);
}

function placed(
  parts: readonly { source: string; index: number; result: string }[],
  text: string,
): ComposedText {
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  let at = 0;
  for (const { source, index, result } of parts) {
    for (let unit = 0; unit < result.length; unit++, at++) {
      const same = source === result;
      starts[at] = same ? index + unit : index;
      ends[at] = same ? index + unit + 1 : index + source.length;
    }
  }
  return { text, starts, ends };
}
