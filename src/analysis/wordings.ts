import { z } from 'zod';

const count = z.int().nonnegative();

/** How varied the warnings of a corpus are: one constant sentence is learned as a switch, many wordings are not. */
export const wordingsSchema = z
  .object({
    frames: count.describe('Frames of the listed findings that are not suppressed.'),
    wordings: count.describe('How many differ, once comment signs, code, numbers and case are set aside.'),
    groups: count.describe('The same with wordings that are nearly alike taken for one.'),
    entropy: z
      .number()
      .nonnegative()
      .describe('Of the groups, bits: log2 of the number of equally frequent ones that would be as varied.'),
    missed: count.describe('Frames that came when memory was full, and are in no group.'),
    top: z
      .array(z.object({ wording: z.string(), frames: count }).strict())
      .describe('The 10 most frequent groups, each by its first wording.'),
  })
  .strict()
  .describe('How varied the wording of the warnings is. Reports of earlier versions lack it.');
export type Wordings = z.infer<typeof wordingsSchema>;

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
