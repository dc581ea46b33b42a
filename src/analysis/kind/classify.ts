import type { Span } from '../span.js';
import { cweOf } from './cwe.js';
import { type KindFeatures, kindFeatures, type LexiconEntry } from './features.js';
import type { Kind, WarnedAgainst } from './kind.js';
import { type KindName, kindNames } from './kindNames.js';
import { kindTexts, type KindTexts } from './texts.js';
import weightsFile from './weights.json';

interface Weights {
  readonly lexicon: readonly LexiconEntry[];
  readonly intercepts: readonly number[];
  /** Kinds × dense features. */
  readonly dense: readonly (readonly number[])[];
  /** Kinds × buckets, in steps of `wordScale`. */
  readonly words: Int8Array;
}

/** Decoded at the first question: starting costs nothing where nothing is found. */
let decoded: Weights | undefined;

function weights(): Weights {
  return (decoded ??= {
    lexicon: weightsFile.lexicon.map(({ kind, where, pattern }) => ({
      kind: kind as KindName,
      looksAtProse: where !== 'payload',
      looksAtPayload: where !== 'prose',
      // By code points, as in Python.
      pattern: new RegExp(pattern, 'u'),
    })),
    intercepts: weightsFile.intercepts,
    dense: weightsFile.weights,
    words: Int8Array.from(atob(weightsFile.words), (byte) => byte.charCodeAt(0)),
  });
}

/**
 * What the frame warns against, from frame, context and payload: a multinomial logistic regression that `lab` trains.
 * Without a frame the rest has to tell. Spans index `text`, which may be the sample alone or its whole document.
 */
export function warnedAgainst(text: string, frame: Span | null, payload: Span): WarnedAgainst {
  const texts = kindTexts(text, frame, payload);
  const kind = likeliest(probabilitiesOf(texts));
  const cwe = cweOf(texts, kind);
  return { kind, ...(cwe === undefined ? {} : { cwe }) };
}

/** By kind, in the order of `kindNames`; they add up to 1. */
export function kindProbabilities(text: string, frame: Span | null, payload: Span): number[] {
  return probabilitiesOf(kindTexts(text, frame, payload));
}

function probabilitiesOf(texts: KindTexts): number[] {
  const { lexicon, intercepts, dense, words } = weights();
  const features: KindFeatures = kindFeatures(texts, lexicon, weightsFile.buckets);
  const scores = kindNames.map((_, kind) => {
    let score = intercepts[kind]!;
    features.dense.forEach((value, index) => {
      score += dense[kind]![index]! * value;
    });
    for (const [bucket, value] of features.words) {
      score += words[kind * weightsFile.buckets + bucket]! * weightsFile.wordScale * value;
    }
    return score;
  });
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function likeliest(probabilities: readonly number[]): Kind {
  const probability = Math.max(...probabilities);
  return { name: kindNames[probabilities.indexOf(probability)]!, probability: rounded(probability) };
}

/** Three decimals: more would pretend to a precision that the labels do not have. */
function rounded(probability: number): number {
  return Math.round(probability * 1000) / 1000;
}
