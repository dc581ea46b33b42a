import { createHash } from 'node:crypto';
import type { PayloadKeys } from '../../analysis/exposures.js';
import { withoutSuppressions } from '../../analysis/suppressions.js';
import { hashOfText, minHash } from './minHash.js';

/** A word, or a sign that is none. */
const tokenPattern = /[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;

/** The keys of a payload. White space and suppression comments make no other payload of it. */
export function payloadKeys(payload: string): PayloadKeys {
  const shown = withoutSuppressions(payload)?.text ?? payload;
  const normal = shown.replace(/\s+/gu, ' ').trim();
  return {
    exact: createHash('sha256').update(normal).digest('hex').slice(0, 16),
    near: Buffer.from(minHash(shingles(normal)).buffer).toString('base64'),
  };
}

/** Hashes of the pairs of neighbouring tokens: payloads are short, and longer shingles would forgive no edit in them. */
function shingles(text: string): Set<number> {
  const tokens = text.match(tokenPattern) ?? [];
  if (tokens.length < 2) return new Set([hashOfText(text)]);
  return new Set(tokens.slice(1).map((token, index) => hashOfText(`${tokens[index]!} ${token}`)));
}
