/** Classes of characters by which pre-tokens are cut, as the reference's patterns have them: those of Unicode 16. */
export const other = 1;
export const letter = 2;
export const number = 3;
export const whiteSpace = 4;
export type CharacterClass = typeof other | typeof letter | typeof number | typeof whiteSpace;

const unknown = 0;
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

export function classOf(codePoint: number): CharacterClass {
  const known = classes[codePoint]!;
  return known === unknown ? (classes[codePoint] = classify(codePoint)) : (known as CharacterClass);
}

/** End of the run of one class that starts at `start`, no further than `limit`. */
export function runEnd(text: string, start: number, limit: number, wanted: CharacterClass): number {
  let at = start;
  while (at < limit) {
    const codePoint = text.codePointAt(at)!;
    if (classOf(codePoint) !== wanted) break;
    at += width(codePoint);
  }
  return at;
}

/** UTF-16 units of a code point. */
export function width(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}

function classify(codePoint: number): CharacterClass {
  const character = String.fromCodePoint(codePoint);
  if (isLetter.test(character)) return laterLetters.test(character) ? other : letter;
  if (isNumber.test(character)) return number;
  return isWhiteSpace.test(character) ? whiteSpace : other;
}
