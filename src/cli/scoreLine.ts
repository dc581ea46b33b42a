import { z } from 'zod';
import { levelSchema, measuresSchema, sharedFeaturesSchema, spanSchema } from '../analysis/finding.js';
import { cweSchema, kindSchema, type WarnedAgainst } from '../analysis/kind/kind.js';
import type { KindName } from '../analysis/kind/kindNames.js';
import { warnedAgainst } from '../analysis/kind/classify.js';
import type { Level } from '../analysis/levelNames.js';
import { levelWithin } from '../analysis/levels.js';
import type { Sample } from '../analysis/sample.js';
import type { Span } from '../analysis/span.js';
import type { MeasureResult } from '../analysis/measure/measureResult.js';

const offset = z.int().nonnegative();
const spanInputSchema = z
  .union([spanSchema, z.tuple([offset, offset]).transform(([start, end]) => ({ start, end }))])
  .describe('[start, end) in UTF-16 code units, as {start, end} or [start, end].');

/** One line of input of `backfire score`, and the params of the `score` request. Other fields are let through. */
export const scoreInputSchema = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  text: z.string(),
  frame: spanInputSchema.nullish(),
  payload: spanInputSchema.nullish().describe('Absent: the whole text is the payload.'),
  language: z.string().optional(),
});

const idSchema = z.union([z.string(), z.number()]).optional();

export const scoreErrorCodes = ['malformed-json', 'invalid-sample', 'too-large', 'not-scored'] as const;
export type ScoreErrorCode = (typeof scoreErrorCodes)[number];

/** What one token of the text contributes. */
const tokenSchema = z.object({ start: offset, end: offset }).catchall(z.number());

const scoredSchema = z
  .object({
    type: z.literal('score'),
    line: z.int().positive().describe('Line of the input, 1-based.'),
    id: idSchema,
    kind: kindSchema,
    cwe: cweSchema.optional(),
    measures: measuresSchema,
    features: sharedFeaturesSchema.optional(),
    level: levelSchema,
    remedies: z.array(z.string()),
    notes: z.array(z.string()),
    tokens: z.array(tokenSchema).optional().describe('With --tokens: what each token contributes.'),
    pack: z.string(),
  })
  .strict();

const unscoredSchema = z
  .object({
    type: z.literal('error'),
    line: z.int().positive(),
    id: idSchema,
    error: z.object({ code: z.enum(scoreErrorCodes), message: z.string() }).strict(),
  })
  .strict();

export const scoreLineSchema = z
  .discriminatedUnion('type', [scoredSchema, unscoredSchema])
  .describe('One line of `backfire score`: as many as the input has, in its order.');
export type ScoreLine = z.infer<typeof scoreLineSchema>;

/** Thrown for input that is no sample; the message is for the person who wrote the line. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}

/** @throws SampleError */
export function parseSample(input: unknown): Sample {
  const parsed = scoreInputSchema.safeParse(input);
  if (!parsed.success) throw new SampleError(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const { text, language, ...spans } = parsed.data;
  const frame = spans.frame ?? undefined;
  const payload = spans.payload ?? undefined;
  if (text === '') throw new SampleError('text is empty');
  if (frame !== undefined) assertInText('frame', frame, text);
  if (payload !== undefined) assertInText('payload', payload, text);
  const shown = payload ?? { start: 0, end: text.length };
  if (frame !== undefined && frame.start < shown.end && shown.start < frame.end) {
    throw new SampleError(
      payload === undefined
        ? 'a frame needs a payload span beside it: without one the whole text is the payload'
        : `frame ${spanText(frame)} and payload ${spanText(shown)} overlap`,
    );
  }
  return {
    text,
    ...(frame === undefined ? {} : { frame }),
    ...(payload === undefined ? {} : { payload }),
    language: language ?? '',
  };
}

export interface ScoreResultOptions {
  readonly pack: string;
  readonly tokens: boolean;
  /** Kinds that have a level. */
  readonly kinds: readonly KindName[];
}

function kindOfSample({ text, frame, payload }: Sample): WarnedAgainst {
  return warnedAgainst(text, frame ?? null, payload ?? { start: 0, end: text.length });
}

/** The part of an answer that both `score` and `serve` give. */
export function scoreResult(
  sample: Sample,
  result: MeasureResult & { kind: 'measured' },
  { pack, tokens: withTokens, kinds }: ScoreResultOptions,
) {
  const { measures, features, remedies, notes, tokens } = result;
  const about = kindOfSample(sample);
  const level = levelWithin(result.level, about.kind, kinds);
  return {
    ...about,
    measures,
    ...(features ? { features: [...features] } : {}),
    level,
    remedies: [...remedies],
    notes: [...notes, ...setAsideNotes(result.level, level, about.kind.name)],
    ...(withTokens && tokens !== undefined ? { tokens: tokens.map((token) => ({ ...token })) } : {}),
    pack,
  };
}

/** Says so where the kind, not the measures, decided the level. */
function setAsideNotes(measured: Level, level: Level, kind: KindName): string[] {
  return measured === level ? [] : [`set aside as ${kind}: by its measures the level is ${measured}`];
}

function assertInText(name: string, span: Span, text: string): void {
  if (span.start >= span.end) throw new SampleError(`${name} ${spanText(span)} is empty or reversed`);
  if (span.end > text.length) {
    throw new SampleError(
      `${name} ${spanText(span)} ends outside the text of ${text.length} UTF-16 code units`,
    );
  }
}

function spanText({ start, end }: Span): string {
  return `[${start}, ${end})`;
}
