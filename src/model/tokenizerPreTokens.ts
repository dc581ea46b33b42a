/**
 * Pre-tokens: the stretches that merges never cross. SmolLM2 sets every numeric character apart, then splits the rest by
 * GPT-2's pattern. Both in one, with `\s` as White_Space and `(?!\S)` ending at a number too:
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+
 *
 * Written out as a scan, because the pattern overflows the regular expression's stack on long runs outside ASCII
 * (10 million Chinese characters in one line do it), and because the scan is quicker.
 */
const unknown = 0;
const other = 1;
const letter = 2;
const number = 3;
const whiteSpace = 4;
type CharacterClass = typeof other | typeof letter | typeof number | typeof whiteSpace;

const isLetter = /\p{L}/u;
const isNumber = /\p{N}/u;
// Not `\s`: that one has U+FEFF and lacks U+0085.
const isWhiteSpace = /\p{White_Space}/u;

/**
 * Letters that Unicode 17 added. The reference's pattern does not know them yet, Node does from ICU 78 on; so they count as
 * `other` whatever Node this runs on. (The numbers of Unicode 17 stand alone in the reference too.)
 */
const laterLetters =
  /[\u088f\u0c5c\u0cdc\ua7ce\ua7cf\ua7d2\ua7d4\ua7f1\u{10940}-\u{10959}\u{10ec5}-\u{10ec7}\u{11db0}-\u{11ddb}\u{16ea0}-\u{16eb8}\u{16ebb}-\u{16ed3}\u{16ff2}\u{16ff3}\u{187f8}-\u{187ff}\u{18d09}-\u{18d1e}\u{18d80}-\u{18df2}\u{1e6c0}-\u{1e6de}\u{1e6e0}-\u{1e6e2}\u{1e6e4}\u{1e6e5}\u{1e6e7}-\u{1e6ed}\u{1e6f0}-\u{1e6f4}\u{1e6fe}\u{1e6ff}\u{2b73a}-\u{2b73f}\u{2cea2}-\u{2cead}\u{323b0}-\u{33479}]/u;

/** Class of each code point, filled as they are met. */
const classes = new Uint8Array(0x110000);

const apostrophe = 0x27;
const space = 0x20;

/**
 * End of the pre-token that starts at `start` (UTF-16 units), looking no further than `limit`. Linear in its length.
 *
 * Classes are those of Unicode 16, as the reference has them; see `laterLetters`.
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

function runEnd(text: string, start: number, limit: number, wanted: CharacterClass): number {
  let at = start;
  while (at < limit) {
    const codePoint = text.codePointAt(at)!;
    if (classOf(codePoint) !== wanted) break;
    at += width(codePoint);
  }
  return at;
}

/** End of `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll` (lower case only), or 0. */
function contractionEnd(text: string, start: number, limit: number): number {
  const one = start + 1 < limit ? text[start + 1]! : '';
  if (one !== '' && 'stmd'.includes(one)) return start + 2;
  const two = start + 2 < limit ? text.slice(start + 1, start + 3) : '';
  return two === 're' || two === 've' || two === 'll' ? start + 3 : 0;
}

function width(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}

function classOf(codePoint: number): CharacterClass {
  const known = classes[codePoint]!;
  return known === unknown ? (classes[codePoint] = classify(codePoint)) : (known as CharacterClass);
}

function classify(codePoint: number): CharacterClass {
  const character = String.fromCodePoint(codePoint);
  if (isLetter.test(character)) return laterLetters.test(character) ? other : letter;
  if (isNumber.test(character)) return number;
  return isWhiteSpace.test(character) ? whiteSpace : other;
}
