import type { Likeliest } from '../../model/alternatives.js';
import type { LanguageModel } from '../../model/languageModel.js';
import { layOut, sharedPrefix, tokenIndex } from '../../model/layout.js';
import type { Encoding, Tokenizer } from '../../model/tokenizer.js';
import { rounded } from '../measure/rounding.js';
import { bareCut, bareVersion, besideCut } from '../measure/versions.js';
import { intoWindows, spanInSample, type PayloadWindow } from '../measure/windows.js';
import type { Sample } from '../sample.js';
import type { Span } from '../span.js';
import type { Alternative, SampleAlternatives, TokenAlternatives } from './sampleAlternatives.js';

export interface AlternativesQuestion {
  readonly sample: Sample;
  /** For each token. */
  readonly most: number;
}

/** A version of a window's sample: its tokens, and where a span in it stands in the whole sample. */
interface WindowText {
  readonly encoding: Encoding;
  readonly place: (span: Span) => Span;
}

/**
 * The tokens that the model held likeliest in the place of each token, in the windows in which the sample is measured. Null for a
 * pack without the graph. `beforeRun` is called before each run of the model; what it throws ends the call (cancellation).
 */
export async function readAlternatives(
  model: LanguageModel,
  { sample, most }: AlternativesQuestion,
  beforeRun: () => Promise<void> | void = () => {},
): Promise<SampleAlternatives | null> {
  if (model.pack.manifest.graphs.alternatives === undefined) return null;
  const encode = (text: string) => model.tokenizer.encodeForModel(text);
  const ofSample: TokenAlternatives[] = [];
  const ofBare: TokenAlternatives[] = [];
  for (const window of intoWindows(sample, encode).windows) {
    const [whole, bare] = textsOf(window, encode);
    if (!whole || whole.encoding.ids.length < 2) continue;
    await beforeRun();
    const [first, second] = await inWindow(model, bare ? [whole, bare] : [whole], most);
    ofSample.push(...first!);
    ofBare.push(...(second ?? []));
  }
  return {
    sample: firstOfEach(ofSample),
    ...(ofBare.length > 0 ? { bare: firstOfEach(ofBare) } : {}),
  };
}

function textsOf(window: PayloadWindow, encode: (text: string) => Encoding): WindowText[] {
  const place = (span: Span) => spanInSample(window, span);
  const whole = { encoding: encode(window.sample.text), place };
  const bare = bareVersion(window.sample);
  if (!bare) return [whole];
  const besideFrame = besideCut(bareCut(window.sample)!);
  return [
    whole,
    {
      encoding: encode(bare.text),
      place: ({ start, end }) => place({ start: besideFrame(start, false), end: besideFrame(end, true) }),
    },
  ];
}

/** One run for both versions: what they have in common is computed, and asked, once. */
async function inWindow(
  model: LanguageModel,
  texts: readonly WindowText[],
  most: number,
): Promise<TokenAlternatives[][]> {
  const [whole, bare] = texts.map(({ encoding }) => encoding.ids);
  const tokens = bare ? sharedPrefix(whole!, bare) : 0;
  const sharedWith = tokens > 0 ? { sharedWith: { version: 0, tokens } } : {};
  const hasBare = bare !== undefined && bare.length > 1;
  const run = layOut([{ ids: whole! }, ...(hasBare ? [{ ids: bare, ...sharedWith }] : [])]);
  const residual = await model.residual(run, model.pack.manifest.model.layers);
  const alternatives = await model.alternatives();
  const everyRow = Array.from(run.ids, (_, row) => row);
  const likeliest = await alternatives!.likeliest(residual, everyRow, most);
  const after = (row: number, actual: number) => afterRow(likeliest, row, most, actual, model.tokenizer);
  return texts.slice(0, hasBare ? 2 : 1).map(({ encoding, place }, version) =>
    // Nothing predicts the first.
    Array.from(encoding.ids.subarray(1), (actual, before) => ({
      ...place({ start: encoding.starts[before + 1]!, end: encoding.ends[before + 1]! }),
      likeliest: after(tokenIndex(run, version, before), actual),
    })),
  );
}

function afterRow(
  { token, logProbability }: Likeliest,
  row: number,
  most: number,
  actual: number,
  tokenizer: Tokenizer,
): Alternative[] {
  const ids = token.subarray(row * most, (row + 1) * most);
  return Array.from(ids, (id, i) => ({
    // A model may have rows for more ids than there are tokens.
    text: id < tokenizer.vocabularySize ? tokenizer.tokenText(id) : '',
    probability: rounded(Math.exp(logProbability[row * most + i]!)),
    ...(id === actual ? { isActual: true } : {}),
  }));
}

/** The frame stands in all windows: of each token the first, as it is with its surprise. */
function firstOfEach(tokens: readonly TokenAlternatives[]): TokenAlternatives[] {
  const known = new Map<string, TokenAlternatives>();
  for (const token of tokens) {
    const key = `${token.start}:${token.end}`;
    if (!known.has(key)) known.set(key, token);
  }
  return [...known.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}
