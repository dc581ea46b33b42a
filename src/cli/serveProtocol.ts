import { z } from 'zod';
import { levelSchema } from '../analysis/finding.js';

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
