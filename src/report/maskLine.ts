import { createHash } from 'node:crypto';
import { z } from 'zod';
import { levelSchema } from '../analysis/finding.js';
import { tokenRange, type Tokenizer } from '../model/tokenizer.js';
import { inCodePoints, type MaskedText } from './payloadSpans.js';

const range = z.tuple([z.int().nonnegative(), z.int().nonnegative()]).describe('[start, end)');

export const maskLineSchema = z
  .object({
    path: z.string(),
    record: z.int().positive().optional().describe('1-based line of the record in a JSONL file.'),
    id: z.string().optional().describe('Id that the record brought along.'),
    field: z
      .string()
      .describe(
        'Field of the record that holds the text, such as messages.1.content; empty for a text file.',
      ),
    sha256: z.string().describe('Of the text in UTF-8: masks are worth nothing on another text.'),
    length: z
      .object({ utf16: z.int(), codePoints: z.int(), tokens: z.int() })
      .strict()
      .describe('Of the whole text.'),
    tokenizer: z.string().describe('Whose tokens are counted; none are added at the start or the end.'),
    spans: z.array(
      z
        .object({
          utf16: range,
          codePoints: range,
          tokens: range.describe('Every token that overlaps the span.'),
          level: levelSchema,
          taught: z
            .number()
            .optional()
            .describe('Nats per payload token; the highest of what is united here.'),
          fingerprints: z.array(z.string()),
        })
        .strict(),
    ),
  })
  .strict()
  .describe('What to mask from the loss in one text; texts without it have no line.');
export type MaskLine = z.infer<typeof maskLineSchema>;

export interface NamedTokenizer {
  readonly name: string;
  readonly tokenizer: Tokenizer;
}

export function maskLine(
  origin: { readonly path: string; readonly record?: number; readonly id?: string },
  masked: MaskedText,
  { name, tokenizer }: NamedTokenizer,
): MaskLine {
  const { field, text, spans } = masked;
  const encoding = tokenizer.encode(text);
  const points = inCodePoints(text, [...spans, { start: text.length, end: text.length }]);
  return {
    ...origin,
    field,
    sha256: createHash('sha256').update(text).digest('hex'),
    length: { utf16: text.length, codePoints: points.at(-1)![0], tokens: encoding.ids.length },
    tokenizer: name,
    spans: spans.map((span, index) => {
      const tokens = tokenRange(encoding, span);
      return {
        utf16: [span.start, span.end],
        codePoints: points[index]!,
        tokens: [tokens.start, tokens.end],
        level: span.level,
        ...(span.taught === undefined ? {} : { taught: span.taught }),
        fingerprints: [...span.fingerprints],
      };
    }),
  };
}
