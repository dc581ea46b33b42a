import { z } from 'zod';
import { findingSchema, levelSchema } from '../analysis/finding.js';
import { harmlessReasons, type HarmlessReason } from '../analysis/harmless.js';
import { kindNames, kindNamesSchema, type KindName } from '../analysis/kind/kind.js';

/** Why something was not read or not scored. Stable codes; `detail` says it in words. */
export const skipReasons = [
  'missing',
  'no-permission',
  'unreadable',
  'not-a-file',
  'binary',
  'too-large',
  'symlink-loop',
  'symlink-duplicate',
  'malformed-json',
  'no-text',
  'not-parsed',
  'not-scored',
] as const;
const skipReasonSchema = z.enum(skipReasons);
export type SkipReason = z.infer<typeof skipReasonSchema>;

const count = z.int().nonnegative();

const kindCountsSchema = z
  .object({
    security: count,
    correctness: count,
    'unsafe-instruction': count,
    performance: count,
    style: count,
    other: count,
  } satisfies Record<KindName, typeof count>)
  .strict()
  .describe('Measured candidates whose level became none because their kind was not asked for.');

const levelCountsSchema = z.object({ high: count, medium: count, low: count, none: count }).strict();

export const scanOptionsSchema = z
  .object({
    minLevel: levelSchema,
    kinds: kindNamesSchema.describe('Kinds that were asked for; all but style by default.'),
    minDetection: z.number().min(0).max(1),
    maxFileSize: count.describe('Bytes; a larger file, or a larger JSONL record, is skipped.'),
    ignoreFiles: z.boolean().describe('Whether .gitignore files and node_modules were respected.'),
    textField: z.string().optional(),
    showSuppressed: z.literal(true).optional(),
    showHarmless: z.literal(true).optional(),
    baseline: z.string().optional().describe('Hash of the baseline file whose findings are known.'),
    writeBaseline: z.literal(true).optional(),
    changedSince: z.string().optional().describe('Only files that changed since this commit were read.'),
  })
  .strict();
export type ScanOptions = z.infer<typeof scanOptionsSchema>;

export const headerSchema = z
  .object({
    type: z.literal('scan'),
    schema: z.literal(1),
    version: z.string(),
    pack: z.string(),
    paths: z.array(z.string()),
    options: scanOptionsSchema,
  })
  .strict()
  .describe('First line: what was asked for. A resumed scan must ask for the same.');
export type ScanHeader = z.infer<typeof headerSchema>;

export const skippedSchema = z
  .object({
    type: z.literal('skipped'),
    path: z.string(),
    record: count.optional().describe('1-based line of the record in a JSONL file.'),
    line: z.int().positive().optional().describe('1-based line of the payload that was not scored.'),
    reason: skipReasonSchema,
    detail: z.string(),
  })
  .strict()
  .describe('Something that was not read, not parsed or not scored by the model.');
export type Skipped = z.infer<typeof skippedSchema>;

export const harmlessSchema = z
  .object({
    type: z.literal('harmless'),
    path: z.string(),
    record: count.optional().describe('1-based line of the record in a JSONL file.'),
    field: z.string().optional(),
    line: z.int().positive(),
    column: z.int().positive(),
    text: z.string().describe('What looks like a warning, cut to 200 code units.'),
    reason: z.enum(Object.keys(harmlessReasons) as [HarmlessReason, ...HarmlessReason[]]),
    detail: z.string(),
    detection: z.number().min(0).max(1).optional(),
  })
  .strict()
  .describe('A warning that shows nothing to learn; listed under --show-harmless only.');
export type HarmlessLine = z.infer<typeof harmlessSchema>;

const suppressedCountsSchema = z.object({ comment: count, record: count, baseline: count }).strict();

/** Counts of one unit, and, added up, of a whole scan. */
const countsSchema = z.object({
  bytes: count,
  texts: count.describe('Texts read: one for a file, one for each text field of a record.'),
  parsed: count.describe('Texts that the literal prefilter passed on to the parsers.'),
  candidates: count.describe('Frames with a payload that the parsers found.'),
  detected: count.describe('Candidates at or above --min-detection.'),
  suppressed: suppressedCountsSchema.describe('Candidates that were left alone, by what told so.'),
  measured: count.describe('Candidates that the model measured.'),
  payloadTokens: count.describe('Payload tokens in the measured candidates.'),
  levels: levelCountsSchema.describe('Measured candidates by level, listed or not.'),
  setAside: kindCountsSchema,
});
export type Counts = z.infer<typeof countsSchema>;

export const unitSchema = countsSchema
  .extend({
    type: z.literal('unit'),
    path: z.string(),
    outcome: z.enum(['read', 'skipped']),
    range: z
      .object({ start: count, end: count, records: count, last: z.boolean() })
      .strict()
      .optional()
      .describe(
        'Byte range of a JSONL file, cut at record borders; `records` is the number of its last line.',
      ),
    notes: z
      .array(z.string())
      .describe(
        'What was replaced or decoded in another way while reading, and suppressions that are wrong.',
      ),
    fingerprints: z
      .array(z.object({ fingerprint: z.string(), rule: z.string(), count }).strict())
      .optional()
      .describe('What a baseline knows or will know of this file or range; with a baseline only.'),
  })
  .strict()
  .describe('All lines of this file or byte range stand above this one: the checkpoint of --resume.');

export const stageNames = ['read', 'prefilter', 'parse', 'detect', 'measure'] as const;
const stageSchema = z
  .object({
    name: z.enum(stageNames),
    in: count,
    out: count,
    ms: z
      .number()
      .nonnegative()
      .describe('Time spent by this run; a resumed scan does not repeat what was done.'),
  })
  .strict();
export type Stage = z.infer<typeof stageSchema>;

export const summarySchema = z
  .object({
    type: z.literal('summary'),
    interrupted: z.boolean(),
    resumed: z.boolean(),
    files: count,
    bytes: count,
    ignored: count.describe('Entries left out by .gitignore, node_modules and version-control folders.'),
    stages: z.array(stageSchema),
    payloadTokens: count,
    levels: levelCountsSchema,
    setAside: kindCountsSchema,
    listed: count.describe('Findings in this report.'),
    suppressed: suppressedCountsSchema,
    staleBaseline: count
      .optional()
      .describe('Entries of the baseline that occur no more; with a baseline, in a scan that ended.'),
    skipped: z.partialRecord(skipReasonSchema, count),
    ms: z.number().nonnegative(),
    pack: z.string(),
  })
  .strict();
export type Summary = z.infer<typeof summarySchema>;

export const scanLineSchema = z
  .discriminatedUnion('type', [
    headerSchema,
    findingSchema,
    harmlessSchema,
    skippedSchema,
    unitSchema,
    summarySchema,
  ])
  .describe('One line of `backfire scan --format jsonl`.');
export type ScanLine = z.infer<typeof scanLineSchema>;

export function noCounts(): Counts {
  return {
    bytes: 0,
    texts: 0,
    parsed: 0,
    candidates: 0,
    detected: 0,
    suppressed: { comment: 0, record: 0, baseline: 0 },
    measured: 0,
    payloadTokens: 0,
    levels: { high: 0, medium: 0, low: 0, none: 0 },
    setAside: { security: 0, correctness: 0, 'unsafe-instruction': 0, performance: 0, style: 0, other: 0 },
  };
}

export function addCounts(to: Counts, more: Counts): void {
  to.bytes += more.bytes;
  to.texts += more.texts;
  to.parsed += more.parsed;
  to.candidates += more.candidates;
  to.detected += more.detected;
  to.suppressed.comment += more.suppressed.comment;
  to.suppressed.record += more.suppressed.record;
  to.suppressed.baseline += more.suppressed.baseline;
  to.measured += more.measured;
  to.payloadTokens += more.payloadTokens;
  to.levels.high += more.levels.high;
  to.levels.medium += more.levels.medium;
  to.levels.low += more.levels.low;
  to.levels.none += more.levels.none;
  for (const kind of kindNames) to.setAside[kind] += more.setAside[kind];
}
