import { z } from 'zod';
import { levelSchema } from '../analysis/finding.js';
import { kindNamesSchema } from '../analysis/kind/kind.js';
import { usualKinds } from '../analysis/levels.js';

const idSchema = z.union([z.string(), z.number()]);
export type RequestId = z.infer<typeof idSchema>;

/** One line of input of `backfire serve --stdio`. */
export const requestSchema = z.object({ id: idSchema, method: z.string(), params: z.unknown().optional() });

export const scanParamsSchema = z.object({
  text: z.string(),
  path: z.string().optional().describe('Chooses the parser and names the source; the file is not read.'),
  languageId: z.string().optional(),
  minLevel: levelSchema.default('none'),
  minDetection: z.number().min(0).max(1).default(0.5),
  kinds: kindNamesSchema.default([...usualKinds]),
});

export const scanShardParamsSchema = z.object({
  args: z
    .array(z.string())
    .describe('Arguments of `backfire scan`: paths, --shard, --output, and what else is wanted.'),
  crashed: z
    .array(z.object({ path: z.string(), record: z.int().optional() }))
    .default([])
    .describe('What a process has died of: recorded, and not looked at.'),
});

/** What `score` may be told beside the sample. */
export const scoreOptionsSchema = z.object({
  tokens: z.boolean().default(false),
  kinds: kindNamesSchema.default([...usualKinds]),
});

export const cancelParamsSchema = z.object({ id: idSchema });

export const serveErrorCodes = [
  'malformed-json',
  'invalid-request',
  'unknown-method',
  'invalid-params',
  'duplicate-id',
  'too-large',
  'not-scored',
  'cancelled',
  'internal',
] as const;
export type ServeErrorCode = (typeof serveErrorCodes)[number];

/** Turned into `{id, error: {code, message}}`. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  constructor(
    readonly code: ServeErrorCode,
    message: string,
  ) {
    super(message);
  }
}
