import { z } from 'zod';
import { kindNames } from './kind/kindNames.js';
import { levels } from './levelNames.js';

const count = z.int().nonnegative();

/** What tells the same payload elsewhere. Both come from the payload alone, so shards can be compared. */
export const payloadKeysSchema = z
  .object({
    exact: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .describe('First 64 bits of the SHA-256 of the payload, runs of white space as one space.'),
    near: z
      .string()
      .regex(/^[A-Za-z0-9+/]{171}=$/)
      .describe('MinHash signature of its pairs of tokens: 64 numbers of 16 bits, base64.'),
  })
  .strict()
  .describe('Keys by which repeats of the payload are found.');
export type PayloadKeys = z.infer<typeof payloadKeysSchema>;

const placeSchema = z
  .object({
    path: z.string(),
    record: count.optional(),
    field: z.string().optional(),
    line: z.int().positive(),
    column: z.int().positive(),
    exact: z.boolean().describe('False for a near repeat.'),
  })
  .strict();
export type ExposurePlace = z.infer<typeof placeSchema>;

const repeatedPayloadSchema = z
  .object({
    key: z.string().describe('`payloadKeys.exact` of its most frequent form.'),
    payload: z.string().describe('That form, cut to 200 code units.'),
    exact: z.int().positive().describe('How often that form stands in the corpus under a frame.'),
    near: count.describe('How often another form of it does.'),
    taught: z.number().optional().describe('Mean over its listed findings, nats per payload token.'),
    weight: z.number().optional().describe('taught × (exact + near): the order of the list.'),
    level: z.enum(levels).describe('The worst of its listed findings.'),
    kind: z.enum(kindNames).describe('That of its first listed finding.'),
    places: z.array(placeSchema).describe('Where it is listed: the first five findings.'),
  })
  .strict();
export type RepeatedPayload = z.infer<typeof repeatedPayloadSchema>;

/** Candidates are counted whether they are listed, suppressed or below the level: a trainer sees them all the same. */
export const exposuresSchema = z
  .object({
    occurrences: count.describe('Payloads under a frame, listed or not, suppressed or not.'),
    payloads: count.describe('How many are different, near repeats taken for one.'),
    repeated: count.describe('Of these, how many stand there more than once.'),
    missed: count.describe(
      'So many occurrences of one payload may be missing, because memory is bounded: 0 up to 65,536 different ones.',
    ),
    worst: z.array(repeatedPayloadSchema).describe('Up to 100 repeated payloads with a listed finding.'),
  })
  .strict()
  .describe('How often the same payload, exactly or nearly, stands in the corpus.');
export type Exposures = z.infer<typeof exposuresSchema>;
