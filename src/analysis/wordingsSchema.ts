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
