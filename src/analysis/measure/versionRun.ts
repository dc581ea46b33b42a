import { layOut, type RunLayout, sharedPrefix, tokenIndex, type Version } from '../../model/layout.js';
import type { HiddenStates, KernelResult, LanguageModel, Predictions } from '../../model/languageModel.js';
import { type Encoding, tokenRange } from '../../model/tokenizer.js';
import type { Sample } from '../sample.js';
import { bareVersion, frameOnlyText, payloadOf } from './versions.js';

/** Rows of probabilities that one kernel call may hold, the query's included: 448 × 49,152 × 4 bytes are 88 MB. */
const kernelRows = 448;

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
  /** The payload after the neutral context. It shares nothing with the versions, so it runs with other queries. */
  readonly query: Omit<RunText, 'version'>;
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
    query: {
      encoding: joined(context, asked),
      payload: { start: context.ids.length, end: context.ids.length + asked.ids.length },
    },
  };
}

/** Context and payload are tokenised apart, as the ground truth does it; spans are not used. */
function joined(context: Encoding, payload: Encoding): Encoding {
  const ids = Int32Array.from([...context.ids, ...payload.ids]);
  return { ids, starts: new Int32Array(ids.length), ends: new Int32Array(ids.length) };
}

/** Distinct tokens of a set: what it costs. */
export function tokenCost({ versions, query }: VersionSet): number {
  const own = versions.map(({ ids, sharedWith }) => ids.length - (sharedWith?.tokens ?? 0));
  return own.reduce((sum, count) => sum + count, query.encoding.ids.length);
}

/** The model's answers about one sample, addressed by version and position. */
export interface VersionResult {
  /** log p of the token at a position of a text, nats; undefined for the first, which nothing predicts. */
  logProbability(text: RunText, position: number): number | undefined;
  /** log p of each payload token after the neutral context, nats. */
  readonly queryLogProbability: Float32Array;
  /** Rows of `products` for the predicted tokens of a text, first position 1. */
  rows(text: RunText): number[];
  /** [rows, query tokens] */
  readonly products: Float32Array;
}

/** A run with the states that it left. */
interface Run {
  readonly layout: RunLayout;
  readonly states: HiddenStates;
}

/** Runs several sets at once. `sets` should be of like length: attention pads to the longest version. */
export async function runVersionSets(
  model: LanguageModel,
  sets: readonly VersionSet[],
): Promise<VersionResult[]> {
  const run = async (versions: readonly Version[]): Promise<Run> => {
    const layout = layOut(versions);
    return { layout, states: await model.hiddenStates(layout) };
  };
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
  const texts = await run(versions);
  const queries = await run(sets.map(({ query }) => ({ ids: query.encoding.ids })));
  const results: VersionResult[] = [];
  for (const [index, set] of sets.entries()) {
    const query = queryOf(set, queries, index);
    results.push(await readSet(model, set, texts, offsets[index]!, query));
  }
  return results;
}

function queryOf({ query }: VersionSet, { layout, states }: Run, version: number): Predictions {
  const { start, end } = query.payload;
  return {
    states,
    rows: Array.from({ length: end - start }, (_, i) => tokenIndex(layout, version, start + i - 1)),
    targets: [...query.encoding.ids.subarray(start, end)],
  };
}

async function readSet(
  model: LanguageModel,
  set: VersionSet,
  { layout, states }: Run,
  offset: number,
  query: Predictions,
): Promise<VersionResult> {
  const tokenAt = (text: RunText, position: number) => tokenIndex(layout, offset + text.version, position);
  const rowOf = new Map<number, number>();
  const predictions = { states, rows: [] as number[], targets: [] as number[] };
  for (const text of [set.sample, set.bare, set.frameOnly]) {
    for (let position = 1; text && position < text.encoding.ids.length; position++) {
      const token = tokenAt(text, position);
      if (rowOf.has(token)) continue;
      rowOf.set(token, predictions.rows.length);
      predictions.rows.push(tokenAt(text, position - 1));
      predictions.targets.push(text.encoding.ids[position]!);
    }
  }
  const { logProbability, queryLogProbability, products } = await kernelInChunks(model, predictions, query);
  return {
    products,
    queryLogProbability,
    logProbability: (text, position) => {
      const row = rowOf.get(tokenAt(text, position));
      return row === undefined ? undefined : logProbability[row];
    },
    rows: (text) =>
      Array.from({ length: text.encoding.ids.length - 1 }, (_, i) => rowOf.get(tokenAt(text, i + 1))!),
  };
}

/** Splits the rows so that no call holds more probabilities than the bound allows; the query's are computed again in each. */
async function kernelInChunks(
  model: LanguageModel,
  predictions: Predictions,
  query: Predictions,
): Promise<KernelResult> {
  const { states, rows, targets } = predictions;
  const queries = query.rows.length;
  const size = kernelRows - queries;
  if (rows.length <= size) return model.kernel(predictions, query);
  const logProbability = new Float32Array(rows.length);
  const products = new Float32Array(rows.length * queries);
  let queryLogProbability = new Float32Array(queries);
  for (let start = 0; start < rows.length; start += size) {
    const end = start + size;
    const chunk = { states, rows: rows.slice(start, end), targets: targets.slice(start, end) };
    const part = await model.kernel(chunk, query);
    logProbability.set(part.logProbability, start);
    products.set(part.products, start * queries);
    queryLogProbability = Float32Array.from(part.queryLogProbability);
  }
  return { logProbability, queryLogProbability, products };
}
