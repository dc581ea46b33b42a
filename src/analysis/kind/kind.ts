import { z } from 'zod';
import { kindNames } from './kindNames.js';

const kindNameSchema = z.enum(kindNames);
export const kindNamesSchema = z.array(kindNameSchema);

export const kindSchema = z
  .object({ name: kindNameSchema, probability: z.number().min(0).max(1) })
  .strict()
  .describe('What the frame warns against: the likeliest kind and its probability.');
export type Kind = z.infer<typeof kindSchema>;

export const cweSchema = z
  .object({
    id: z.string().regex(/^CWE-\d{1,4}$/),
    reason: z.string().describe('The words that say so.'),
  })
  .strict()
  .describe('Weakness by the Common Weakness Enumeration, only where the text itself names it.');
export type Cwe = z.infer<typeof cweSchema>;

/** What a finding says of its frame's subject. */
export interface WarnedAgainst {
  readonly kind: Kind;
  readonly cwe?: Cwe;
}
