import { classOf, letter, number, other, runEnd, whiteSpace, width } from './characterClasses.js';

/**
 * Pre-tokens of Llama 3 and Qwen, which differ in how many digits stand together (3, 1):
 *
 *     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *
 * Written out as a scan for the reasons in tokenizerPreTokens.ts. Gives the end of the pre-token that starts at `start`,
 * looking no further than `limit`.
 */
export function llamaPreTokenEnd(text: string, start: number, limit: number, mostDigits: number): number {
  const first = text.codePointAt(start)!;
  const firstClass = classOf(first);
  const next = start + width(first);
  if (firstClass === letter) return runEnd(text, start, limit, letter);
  if (firstClass === number) return digitsEnd(text, start, limit, mostDigits);
  const contraction = first === apostrophe ? contractionEnd(text, next, limit) : 0;
  if (contraction > 0) return contraction;
  const followingClass = next < limit ? classOf(text.codePointAt(next)!) : undefined;
  if (!isLineEnd(text, start) && followingClass === letter) return runEnd(text, next, limit, letter);
  if (firstClass === other || (first === space && followingClass === other)) {
    return lineEnds(text, runEnd(text, next, limit, other), limit);
  }
  return whiteSpaceEnd(text, start, limit);
}

const apostrophe = 0x27;
const space = 0x20;

function digitsEnd(text: string, start: number, limit: number, most: number): number {
  let at = start;
  for (let digits = 0; digits < most && at < limit; digits++) {
    const codePoint = text.codePointAt(at)!;
    if (classOf(codePoint) !== number) break;
    at += width(codePoint);
  }
  return at;
}

/** Up to its last line end; without one, all but what the next pre-token takes in. */
function whiteSpaceEnd(text: string, start: number, limit: number): number {
  const end = runEnd(text, start, limit, whiteSpace);
  for (let at = end; at > start; at--) if (isLineEnd(text, at - 1)) return at;
  return end === limit || end - start === 1 ? end : end - 1;
}

function lineEnds(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit && isLineEnd(text, at)) at++;
  return at;
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === '\n' || text[at] === '\r';
}

/** After an apostrophe, in any case; U+017F is another s to the pattern. */
const contractions = /^(?:re|ve|ll|[stmd\u017f])/i;

function contractionEnd(text: string, start: number, limit: number): number {
  const found = contractions.exec(text.slice(start, Math.min(start + 2, limit)));
  return found ? start + found[0].length : 0;
}
