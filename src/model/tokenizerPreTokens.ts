import { classOf, letter, number, other, runEnd, whiteSpace, width } from './characterClasses.js';

/**
 * Pre-tokens: the stretches that merges never cross. SmolLM2 sets every numeric character apart, then splits the rest by
 * GPT-2's pattern. Both in one, with `\s` as White_Space and `(?!\S)` ending at a number too:
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+
 *
 * Written out as a scan, because the pattern overflows the regular expression's stack on long runs outside ASCII
 * (10 million Chinese characters in one line do it), and because the scan is quicker.
 */
const apostrophe = 0x27;
const space = 0x20;

/**
 * End of the pre-token that starts at `start` (UTF-16 units), looking no further than `limit`. Linear in its length.
 *
 * See characterClasses.ts for the classes.
 */
export function preTokenEnd(text: string, start: number, limit: number): number {
  const first = text.codePointAt(start)!;
  const firstClass = classOf(first);
  switch (firstClass) {
    case number:
      return start + width(first);
    case letter:
      return runEnd(text, start, limit, letter);
    case other:
      return (
        (first === apostrophe && contractionEnd(text, start, limit)) || runEnd(text, start, limit, other)
      );
    case whiteSpace: {
      const end = runEnd(text, start, limit, whiteSpace);
      if (end === limit) return end;
      const followingClass = classOf(text.codePointAt(end)!);
      if (followingClass === number) return end;
      // The last white space of a run is left to what follows, which takes it in if it is a space.
      if (end - start > 1) return end - 1;
      return first === space ? runEnd(text, end, limit, followingClass) : end;
    }
  }
}

/** End of `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll` (lower case only), or 0. */
function contractionEnd(text: string, start: number, limit: number): number {
  const one = start + 1 < limit ? text[start + 1]! : '';
  if (one !== '' && 'stmd'.includes(one)) return start + 2;
  const two = start + 2 < limit ? text.slice(start + 1, start + 3) : '';
  return two === 're' || two === 've' || two === 'll' ? start + 3 : 0;
}
