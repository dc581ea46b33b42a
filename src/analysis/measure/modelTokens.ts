import type { Encoding } from '../../model/tokenizer.js';
import type { Sample } from '../sample.js';
import { tokenCost, versionSet } from './versionSet.js';
import { intoWindows } from './windows.js';

/** Distinct tokens that measuring the sample sends through the model, over all its windows and versions. */
export function modelTokens(sample: Sample, encode: (text: string) => Encoding): number {
  const sets = intoWindows(sample, encode).windows.map((window) => versionSet(window.sample, encode));
  return sets.reduce((sum, set) => sum + (set === undefined ? 0 : tokenCost(set)), 0);
}
