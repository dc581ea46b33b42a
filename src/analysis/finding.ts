import { z } from 'zod';
import { payloadKeysSchema } from './exposures.js';
import { cweSchema, kindSchema } from './kind/kind.js';
import { levels } from './levelNames.js';

/** Half-open range in UTF-16 code units. */
export const spanSchema = z.object({ start: z.int().nonnegative(), end: z.int().nonnegative() }).strict();

const estimateSchema = z
  .object({ value: z.number(), low: z.number(), high: z.number() })
  .strict()
  .describe(
    'A value with its 90 % interval: of what training teaches where `calibrated`, otherwise a bootstrap over payload tokens.',
  );

/** What the model computed of one sample. A measure that could not be computed is absent, never zero. */
export const measuresSchema = z
  .object({
    spanNll: z
      .number()
      .optional()
      .describe('Mean NLL of the payload inside the sample, nats per payload token.'),
    bareSpanNll: z
      .number()
      .optional()
      .describe('Mean NLL of the payload inside the bare version, nats per payload token.'),
    frameEffect: z
      .number()
      .optional()
      .describe(
        'Mean log p(payload | context, frame) − mean log p(payload | context), nats per payload token.',
      ),
    neutralNll: z
      .number()
      .optional()
      .describe('Mean NLL of the payload after a neutral context, nats per payload token.'),
    taught: estimateSchema
      .optional()
      .describe(
        'Predicted rise of the mean log-probability of the payload under a neutral context, nats per payload token.',
      ),
    taughtBare: estimateSchema.optional().describe('The same for the bare version.'),
    taughtFrameOnly: estimateSchema.optional().describe('The same for the frame-only version.'),
    taughtMasked: z
      .number()
      .optional()
      .describe(
        'The same for the sample with its payload masked from the loss: what its other tokens contribute to `taught`.',
      ),
    teachRatio: estimateSchema
      .optional()
      .describe('taught / taughtBare: 1 = the warning is worthless, 0 = it prevents the lesson.'),
    entanglement: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        'Overlap of features on the payload, sample against bare: Σ min / Σ max of their activations. 1 = the frame changes none.',
      ),
    probe: z
      .object({
        sample: z.number(),
        bare: z.number(),
        threshold: z.number().describe('Score from which the probe flags a payload.'),
      })
      .strict()
      .optional()
      .describe(
        'Score of the linear probe on the payload, in the sample and in the bare version: the log-odds that it is one that documentation would warn against.',
      ),
    stealthSlip: z
      .boolean()
      .optional()
      .describe(
        'Whether the probe flags the payload in the bare version but not under its frame, while its features keep firing.',
      ),
    calibrated: z
      .boolean()
      .describe('Whether the intervals are those of what training on samples of other sources taught.'),
    payloadTokens: z.int().nonnegative().describe('Payload tokens that were measured.'),
  })
  .strict();
export type Measures = z.infer<typeof measuresSchema>;
export type Estimate = z.infer<typeof estimateSchema>;

export const levelSchema = z.enum(levels);

export const sharedFeaturesSchema = z
  .array(z.object({ latent: z.int().nonnegative(), sample: z.number(), bare: z.number() }).strict())
  .describe(
    'Features that the payload lights up with and without its frame, the most shared first: mean activation over payload tokens in the sample and in the bare version.',
  );

const suppressedSchema = z
  .object({
    kind: z
      .enum(['comment', 'record', 'baseline'])
      .describe('By a comment in the text, by a field of the record, or by the baseline file.'),
    reason: z.string().optional(),
  })
  .strict()
  .describe('Why the finding was left alone, and so not measured; listed under --show-suppressed only.');

const placeSchema = z
  .object({ line: z.int().positive(), column: z.int().positive() })
  .strict()
  .describe('1-based line and column, in UTF-16 code units.');
export type Place = z.infer<typeof placeSchema>;

/** One line of the JSONL report. Text of the corpus is in it only as far as a person needs to recognise the place. */
export const findingSchema = z
  .object({
    type: z.literal('finding'),
    id: z
      .string()
      .describe(
        'Passed through where the record has one, otherwise a hash of path, record, field and fingerprint.',
      ),
    fingerprint: z
      .string()
      .describe(
        'Hash of rule, frame and payload without white space at line ends and suppression comments: the same wherever the text moves. Of several occurrences in one text the second ends in -2, the third in -3.',
      ),
    source: z
      .object({
        path: z.string().describe('File, as it was named or reached; `-` for standard input.'),
        record: z
          .int()
          .nonnegative()
          .optional()
          .describe(
            '1-based number of the record: its line in JSONL, its element of an array, its row in Parquet.',
          ),
        field: z
          .string()
          .optional()
          .describe(
            'Field that holds the payload, names and indices joined by dots: `messages.1.content`, of a notebook `cells.3.source`.',
          ),
        line: z.int().positive().describe('1-based line of the payload in the file, or in the field.'),
        column: z.int().positive().describe('1-based column (UTF-16 code units) of the payload.'),
        end: placeSchema.optional().describe('Where the payload ends, exclusive.'),
        frame: z
          .object({ start: placeSchema, end: placeSchema })
          .strict()
          .optional()
          .describe('Where the frame stands, in the same lines.'),
      })
      .strict(),
    text: z
      .object({ frame: z.string(), payload: z.string() })
      .strict()
      .describe('Frame and payload as they stand, cut to 2,000 code units each.'),
    frame: spanSchema
      .extend({
        field: z.string().optional().describe('Where the frame stands in another field than the payload.'),
      })
      .strict()
      .nullable()
      .describe('Span of the frame in the text of the file or field.'),
    payload: spanSchema.describe('Span of the payload in the text of the file or field.'),
    payloadKeys: payloadKeysSchema,
    rule: z.string().describe('Stable code of the kind of frame.'),
    language: z.string(),
    kind: kindSchema,
    cwe: cweSchema.optional(),
    detection: z.number().min(0).max(1).describe('Probability that this is a warning-framed demonstration.'),
    measures: measuresSchema.optional(),
    features: sharedFeaturesSchema.optional(),
    level: levelSchema,
    suppressed: suppressedSchema.optional(),
    reasons: z.array(z.string()),
    remedies: z.array(z.string()),
    notes: z.array(z.string()).describe('What was truncated, windowed or not scored, and why.'),
    pack: z.string().describe('Name and version of the model pack.'),
  })
  .strict();
export type Finding = z.infer<typeof findingSchema>;
