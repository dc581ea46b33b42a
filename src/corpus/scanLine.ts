import { z } from 'zod';
import { exposuresSchema, payloadKeysSchema } from '../analysis/exposures.js';
import { findingSchema, levelSchema } from '../analysis/finding.js';
import { harmlessReasons, type HarmlessReason } from '../analysis/harmless.js';
import { kindNamesSchema } from '../analysis/kind/kind.js';
import { kindNames, type KindName } from '../analysis/kind/kindNames.js';
import { wordingsSchema } from '../analysis/wordingsSchema.js';

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
  'truncated',
  'corrupt',
  'too-compressed',
  'changed',
  'out-of-time',
  'crashed',
  'malformed-json',
  'no-text',
  'not-parsed',
  'not-scored',
] as const;
const skipReasonSchema = z.enum(skipReasons);
export type SkipReason = z.infer<typeof skipReasonSchema>;

/** Reasons that lie in what a file is, not in something that went wrong. */
const expectedReasons: readonly SkipReason[] = [
  'not-a-file',
  'binary',
  'symlink-loop',
  'symlink-duplicate',
  'no-text',
];

/** Whether something was lost: it was asked for, and could not be read or scored. A large file is left out by choice. */
export function isLoss({ reason, record }: Skipped): boolean {
  return reason === 'too-large' ? record !== undefined : !expectedReasons.includes(reason);
}

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
    unitTime: count.optional().describe('Seconds that reading the texts of one unit may take.'),
    shard: z.string().optional().describe('`i/n`: the report of one of n scans that share the corpus.'),
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
    packHash: z.string().describe('SHA-256 of its pack.json, which holds the hash of every file.'),
    paths: z.array(z.string()),
    options: scanOptionsSchema,
  })
  .strict()
  .describe('First line: what was asked for. A resumed scan must ask for the same.');
export type ScanHeader = z.infer<typeof headerSchema>;

export function headerLine(asked: Omit<ScanHeader, 'type' | 'schema'>): ScanHeader {
  return { type: 'scan', schema: 1, ...asked };
}

/** A line of JSONL, an element of an array, a row of Parquet. */
const recordNumberSchema = count.describe(
  '1-based number of the record: its line in JSONL, its element of an array, its row in Parquet.',
);

export const skippedSchema = z
  .object({
    type: z.literal('skipped'),
    path: z.string(),
    record: recordNumberSchema.optional(),
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
    record: recordNumberSchema.optional(),
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

const recordCountsSchema = z
  .object({ read: count, scanned: count, skipped: count, blank: count })
  .strict()
  .describe('Records by what became of them: read is the sum of the others, or the scan fails.');

const suppressedCountsSchema = z.object({ comment: count, record: count, baseline: count }).strict();

/** Counts of one unit, and, added up, of a whole scan. */
const countsSchema = z.object({
  bytes: count,
  records: recordCountsSchema,
  texts: count.describe('Texts read: one for a file, one for each text field of a record.'),
  parsed: count.describe('Texts that the literal prefilter passed on to the parsers.'),
  candidates: count.describe('Frames with a payload that the parsers found.'),
  detected: count.describe('Candidates at or above --min-detection.'),
  suppressed: suppressedCountsSchema.describe('Candidates that were left alone, by what told so.'),
  measured: count.describe('Candidates that the model measured.'),
  notScored: count.describe('Candidates that the model could not measure.'),
  payloadTokens: count.describe('Payload tokens in the measured candidates.'),
  levels: levelCountsSchema.describe('Measured candidates by level, listed or not.'),
  setAside: kindCountsSchema.describe('Candidates of kinds that were not asked for, by kind; not measured.'),
});
export type Counts = z.infer<typeof countsSchema>;

export const unitSchema = countsSchema
  .extend({
    type: z.literal('unit'),
    path: z.string(),
    outcome: z.enum(['read', 'skipped']),
    range: z
      .object({
        start: count,
        end: count,
        records: count,
        last: z.boolean(),
        rowGroup: count.optional().describe('0-based number of the row group in a Parquet file.'),
      })
      .strict()
      .optional()
      .describe(
        'Bytes of a file of records (of a compressed one, of what comes out of it), cut at record borders; `records` is the number of the last record.',
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
    unlisted: z
      .array(payloadKeysSchema)
      .describe('Payloads of candidates that have no line: suppressed, below the level, of another kind.'),
  })
  .strict()
  .describe('All lines of this file or byte range stand above this one: the checkpoint of --resume.');

export type Unit = z.infer<typeof unitSchema>;

export const stageNames = ['read', 'prefilter', 'parse', 'detect', 'kind', 'measure'] as const;
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
    records: recordCountsSchema,
    ignored: count.describe('Entries left out by .gitignore, node_modules and version-control folders.'),
    stages: z.array(stageSchema),
    measures: z
      .object({ cached: count, computed: count })
      .strict()
      .optional()
      .describe(
        'Measures of this run, by whether the cache had them; of merged shards the sum. Reports of earlier versions lack it.',
      ),
    payloadTokens: count,
    levels: levelCountsSchema,
    setAside: kindCountsSchema,
    listed: count.describe('Findings in this report.'),
    exposures: exposuresSchema,
    wordings: wordingsSchema.optional(),
    suppressed: suppressedCountsSchema,
    staleBaseline: count
      .optional()
      .describe('Entries of the baseline that occur no more; with a baseline, in a scan that ended.'),
    skipped: z.partialRecord(skipReasonSchema, count),
    lost: count.describe('Of what was skipped: what was asked for and could not be read or scored.'),
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
    records: { read: 0, scanned: 0, skipped: 0, blank: 0 },
    texts: 0,
    parsed: 0,
    candidates: 0,
    detected: 0,
    suppressed: { comment: 0, record: 0, baseline: 0 },
    measured: 0,
    notScored: 0,
    payloadTokens: 0,
    levels: { high: 0, medium: 0, low: 0, none: 0 },
    setAside: { security: 0, correctness: 0, 'unsafe-instruction': 0, performance: 0, style: 0, other: 0 },
  };
}

export function addCounts(to: Counts, more: Counts): void {
  to.bytes += more.bytes;
  to.records.read += more.records.read;
  to.records.scanned += more.records.scanned;
  to.records.skipped += more.records.skipped;
  to.records.blank += more.records.blank;
  to.texts += more.texts;
  to.parsed += more.parsed;
  to.candidates += more.candidates;
  to.detected += more.detected;
  to.suppressed.comment += more.suppressed.comment;
  to.suppressed.record += more.suppressed.record;
  to.suppressed.baseline += more.suppressed.baseline;
  to.measured += more.measured;
  to.notScored += more.notScored;
  to.payloadTokens += more.payloadTokens;
  to.levels.high += more.levels.high;
  to.levels.medium += more.levels.medium;
  to.levels.low += more.levels.low;
  to.levels.none += more.levels.none;
  for (const kind of kindNames) to.setAside[kind] += more.setAside[kind];
}
