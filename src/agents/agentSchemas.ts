import { z } from 'zod';
import { levelSchema, measuresSchema, spanSchema } from '../analysis/finding.js';
import { kindNamesSchema, kindSchema } from '../analysis/kind/kind.js';

/** What one call may ask for and be answered. What a limit cut off is said in the answer. */
export const agentLimits = {
  paths: 20,
  files: 2000,
  /** Of one file or record. A larger file is data rather than text that a person wrote. */
  fileBytes: 4 * 1024 * 1024,
  bytes: 64 * 1024 * 1024,
  /** Samples that are measured: a minute or two on a small machine. */
  samples: 300,
  findings: 200,
  /** Places that were left out, listed one by one. */
  skipped: 20,
} as const;

const pathSchema = z
  .string()
  .min(1)
  .max(4096)
  .describe('File or folder, absolute or from an allowed folder on.');

export const scanInputSchema = z
  .object({
    paths: z.array(pathSchema).min(1).max(agentLimits.paths),
    minLevel: levelSchema
      .default('low')
      .describe('Lists findings from this level on; none: every candidate.'),
    kinds: kindNamesSchema
      .optional()
      .describe('Lists only what warns against these; by default everything but style has a level.'),
    maxFindings: z.int().min(1).max(agentLimits.findings).default(50).describe('The worst ones are listed.'),
  })
  .strict();

export const explainInputSchema = z
  .object({
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{16}(-\d+)?$/)
      .optional()
      .describe('As backfire_scan gave it; enough by itself after a scan by the same server.'),
    path: pathSchema.optional().describe('The file, as backfire_scan gave it.'),
    line: z
      .int()
      .positive()
      .optional()
      .describe('Line of the payload, or number of the record, as backfire_scan gave it; with path.'),
  })
  .strict();

/** Where a finding is and how bad: no text of the file is in it. */
export const placedFindingSchema = z
  .object({
    fingerprint: z.string().describe('The same wherever the text moves.'),
    path: z.string(),
    record: z.int().nonnegative().optional().describe('1-based number of the record in a data file.'),
    field: z.string().optional().describe('Field of the record that holds the payload.'),
    line: z.int().positive().describe('1-based line of the payload in the file or the field.'),
    column: z.int().positive(),
    level: levelSchema,
    kind: kindSchema,
    cwe: z.string().optional().describe('Only where the text names the weakness.'),
    rule: z.string().describe('Stable code of the kind of frame.'),
    title: z.string().describe('What this rule finds.'),
    detection: z.number().describe('Probability that this is a warning-framed demonstration.'),
    measures: measuresSchema,
    remedies: z.array(z.string()).describe('Each with what it was measured to leave of the lesson.'),
    notes: z.array(z.string()),
  })
  .strict();
export type PlacedFinding = z.infer<typeof placedFindingSchema>;

const count = z.int().nonnegative();

export const scanAnswerSchema = z
  .object({
    findings: z.array(placedFindingSchema).describe('Worst first.'),
    cut: z.array(z.string()).describe('What was left out because a limit was reached, and how to get it.'),
    skipped: z
      .array(z.object({ path: z.string(), record: count.optional(), reason: z.string() }).strict())
      .describe('What could not be read, parsed or scored.'),
    counts: z
      .object({
        files: count,
        records: count,
        ignored: count,
        skipped: count,
        suppressed: count,
        levels: z.record(levelSchema, count).describe('Measured candidates by level, listed or not.'),
        setAside: count.describe('Candidates whose kind was not asked for; they are not measured.'),
      })
      .strict(),
    pack: z.string().describe('The model pack that measured.'),
  })
  .strict();
export type ScanAnswer = z.infer<typeof scanAnswerSchema>;

export const explainAnswerSchema = z
  .object({
    findings: z.array(
      placedFindingSchema
        .extend({
          why: z.array(z.string()).describe('The rule, and what the measures say beside their baselines.'),
          frame: spanSchema.nullable().describe('UTF-16 code units in the text of the file or the field.'),
          payload: spanSchema,
        })
        .strict(),
    ),
    failing: z
      .array(z.string())
      .describe('What does not help, as it was measured elsewhere: nothing to suggest for a finding.'),
    pack: z.string(),
  })
  .strict();
export type ExplainAnswer = z.infer<typeof explainAnswerSchema>;
