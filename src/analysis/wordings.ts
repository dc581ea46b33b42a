import type { Wordings } from './wordingsSchema.js';

/** Equally frequent groups that would be as varied. */
export function asManyAs({ entropy }: Wordings): number {
  return 2 ** entropy;
}

/** Code units of a frame that are looked at, as many as a finding keeps; the patterns below take up to their square. */
const longestFrame = 2000;
/** Code units of a wording that are kept. */
const longest = 160;

/** A frame as its wording: what is the same in `// BAD: eval(x) at 3` and `# bad: \`exec(y)\` at 7`. */
export function wordingOf(frame: string): string {
  return frame
    .slice(0, longestFrame)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/`[^`]*`|"[^"\n]*"|“[^”\n]*”/gu, ' … ')
    .replace(/[\p{L}\p{N}_.]+[({[=\\]\S*|\S*\p{L}_\S*/gu, ' … ')
    .replace(/\p{N}+/gu, '0')
    .replace(/(?<!\p{L}\p{M}*)\p{M}+|[^\p{L}\p{M}\p{N}…'’-]+/gu, ' ')
    .replace(/(?:… ?)+/gu, '… ')
    .replace(/(?<!\p{L})[-'’]+|[-'’]+(?!\p{L})/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, longest);
}
