import { resolve } from 'node:path';
import { findCandidates } from '../../../src/analysis/frames/findCandidates.js';
import type { Candidate } from '../../../src/analysis/candidate.js';
import { loadGrammars } from '../../../src/model/grammars.js';

/** The grammars as the npm package brings them. */
export const grammars = loadGrammars(
  resolve('node_modules/@vscode/tree-sitter-wasm/wasm'),
  (name, reason) => {
    throw new Error(`grammar ${name}: ${reason}`);
  },
);

export interface Found extends Omit<Candidate, 'frame' | 'payload'> {
  readonly frame: string;
  readonly payload: string;
}

/** What is found at the operating point, with the texts in place of the spans. */
export async function find(text: string, path = 'page.md'): Promise<Found[]> {
  const candidates = await findCandidates({ text, path }, grammars);
  return candidates
    .filter(({ detection }) => detection >= 0.5)
    .map((candidate) => ({
      ...candidate,
      frame: text.slice(candidate.frame.start, candidate.frame.end),
      payload: text.slice(candidate.payload.start, candidate.payload.end),
    }));
}

/** Payloads alone. */
export async function payloads(text: string, path?: string): Promise<string[]> {
  return (await find(text, path)).map(({ payload }) => payload);
}
