import { layOut, type RunLayout, sharedPrefix, tokenIndex, type Version } from '../../model/layout.js';
import type { HiddenStates, KernelResult, LanguageModel, Predictions } from '../../model/languageModel.js';
import { type Encoding, tokenRange } from '../../model/tokenizer.js';
import type { Sample } from '../sample.js';
import { bareVersion, frameOnlyText, payloadOf } from './versions.js';

/** Rows of logits that one kernel call may hold: 384 × 49,152 × 4 bytes are 75 MB, twice. */
const kernelRows = 384;

/** A text of a run: which version it is, its tokens, and which of them are payload. */
export interface RunText {
  readonly version: number;
  readonly encoding: Encoding;
  readonly payload: { readonly start: number; readonly end: number };
}

/** One sample's versions, sharing what they have in common with the sample. */
export interface VersionSet {
  readonly versions: readonly Version[];
  readonly sample: RunText;
  readonly bare?: RunText;
  readonly frameOnly?: RunText;
  /** The payload after the neutral context. */
  readonly query: RunText;
}

/** The fence that opens a code block of that language: what the payload is scored after, whoever trained on it. */
function neutralContext(language: string): string {
  return `\`\`\`${language}\n`;
}

/** Tokenises a sample's versions. Undefined where the payload has no token that could be scored. */
export function versionSet(sample: Sample, encode: (text: string) => Encoding): VersionSet | undefined {
  const versions: Version[] = [];
  const add = (encoding: Encoding, payload: { start: number; end: number }, shares: boolean): RunText => {
    const tokens = shares ? sharedPrefix(versions[0]!.ids, encoding.ids) : 0;
    versions.push(
      tokens > 0 ? { ids: encoding.ids, sharedWith: { version: 0, tokens } } : { ids: encoding.ids },
    );
    return { version: versions.length - 1, encoding, payload };
  };
  const whole = encode(sample.text);
  const payload = payloadOf(sample);
  const context = encode(neutralContext(sample.language));
  const asked = encode(sample.text.slice(payload.start, payload.end).replace(/^[\r\n]+|[\r\n]+$/g, ''));
  if (whole.ids.length < 2 || asked.ids.length === 0) return undefined;

  const set = { versions, sample: add(whole, tokenRange(whole, payload), false) };
  const bare = bareVersion(sample);
  const bareEncoding = bare && encode(bare.text);
  const frameOnly = frameOnlyText(sample);
  const frameOnlyEncoding = frameOnly === undefined ? undefined : encode(frameOnly);
  return {
    ...set,
    ...(bare && bareEncoding && bareEncoding.ids.length > 1
      ? { bare: add(bareEncoding, tokenRange(bareEncoding, bare.payload), true) }
      : {}),
    ...(frameOnlyEncoding && frameOnlyEncoding.ids.length > 0
      ? { frameOnly: add(frameOnlyEncoding, { start: 0, end: 0 }, true) }
      : {}),
    query: add(
      joined(context, asked),
      { start: context.ids.length, end: context.ids.length + asked.ids.length },
      false,
    ),
  };
}

/** Context and payload are tokenised apart, as the ground truth does it; spans are not used. */
function joined(context: Encoding, payload: Encoding): Encoding {
  const ids = Int32Array.from([...context.ids, ...payload.ids]);
  return { ids, starts: new Int32Array(ids.length), ends: new Int32Array(ids.length) };
}

/** Distinct tokens of a set: what it costs. */
export function tokenCost(set: VersionSet): number {
  return set.versions.reduce((sum, { ids, sharedWith }) => sum + ids.length - (sharedWith?.tokens ?? 0), 0);
}

/** The model's answers about one sample, addressed by version and position. */
export interface VersionResult {
  /** log p of the token at a position of a text, nats; undefined for the first, which nothing predicts. */
  logProbability(text: RunText, position: number): number | undefined;
  /** Rows of `products` for the predicted tokens of a text, first position 1. */
  rows(text: RunText): number[];
  /** [rows, query tokens] */
  readonly products: Float32Array;
}

/** Runs several sets at once. `sets` should be of like length: attention pads to the longest version. */
export async function runVersionSets(
  model: LanguageModel,
  sets: readonly VersionSet[],
): Promise<VersionResult[]> {
  const versions: Version[] = [];
  const offsets = sets.map((set) => {
    const offset = versions.length;
    for (const version of set.versions) {
      const { sharedWith } = version;
      versions.push(
        sharedWith
          ? { ...version, sharedWith: { ...sharedWith, version: sharedWith.version + offset } }
          : version,
      );
    }
    return offset;
  });
  const run = layOut(versions);
  const states = await model.hiddenStates(run);
  const results: VersionResult[] = [];
  for (const [index, set] of sets.entries())
    results.push(await readSet(model, set, run, offsets[index]!, states));
  return results;
}

async function readSet(
  model: LanguageModel,
  set: VersionSet,
  run: RunLayout,
  offset: number,
  states: HiddenStates,
): Promise<VersionResult> {
  const rowOf = new Map<number, number>();
  const rows: number[] = [];
  const targets: number[] = [];
  const predict = (text: RunText, position: number) => {
    const token = tokenIndex(run, offset + text.version, position);
    if (rowOf.has(token)) return;
    rowOf.set(token, rows.length);
    rows.push(tokenIndex(run, offset + text.version, position - 1));
    targets.push(text.encoding.ids[position]!);
  };
  for (const text of [set.sample, set.bare, set.frameOnly]) {
    for (let position = 1; text && position < text.encoding.ids.length; position++) predict(text, position);
  }
  for (let position = set.query.payload.start; position < set.query.payload.end; position++)
    predict(set.query, position);
  const queries = set.query.payload.end - set.query.payload.start;
  const { logProbability, products } = await kernelInChunks(model, states, { rows, targets, queries });
  const row = (text: RunText, position: number) =>
    rowOf.get(tokenIndex(run, offset + text.version, position));
  return {
    products,
    logProbability: (text, position) => {
      const index = row(text, position);
      return index === undefined ? undefined : logProbability[index];
    },
    rows: (text) => Array.from({ length: text.encoding.ids.length - 1 }, (_, i) => row(text, i + 1)!),
  };
}

/** Splits the rows so that no call holds more logits than the bound allows; the query's are computed again in each. */
async function kernelInChunks(
  model: LanguageModel,
  states: HiddenStates,
  { rows, targets, queries }: Predictions,
): Promise<KernelResult> {
  const taught = rows.length - queries;
  const size = kernelRows - queries;
  if (taught <= size) return model.kernel(states, { rows, targets, queries });
  const logProbability = new Float32Array(rows.length);
  const products = new Float32Array(rows.length * queries);
  for (let start = 0; start < taught; start += size) {
    const end = Math.min(start + size, taught);
    const part = await model.kernel(states, {
      rows: [...rows.slice(start, end), ...rows.slice(taught)],
      targets: [...targets.slice(start, end), ...targets.slice(taught)],
      queries,
    });
    const own = end - start;
    logProbability.set(part.logProbability.subarray(0, own), start);
    products.set(part.products.subarray(0, own * queries), start * queries);
    logProbability.set(part.logProbability.subarray(own), taught);
    products.set(part.products.subarray(own * queries), taught * queries);
  }
  return { logProbability, products };
}
