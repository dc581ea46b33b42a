import { layOut, tokenIndex, type Version } from '../../model/layout.js';
import type { LanguageModel, Predicted, ResidualStates } from '../../model/languageModel.js';
import { type RunText, trainedTexts, type VersionSet } from './versionSet.js';

/** Probabilities that one call may hold, 50 MB: 256 rows of the embedded model's vocabulary. */
const predictedProbabilities = 256 * 49_152;

/** Place of a token: a text of `sets[set]`, and a position in it. */
type Place = [set: number, text: RunText, position: number];

/** Sets that went forward together: where their tokens stand, what the run left, and what it says of predicted tokens. */
export interface ForwardRun {
  readonly sets: readonly VersionSet[];
  readonly states: ResidualStates;
  /** Index, in the run, of a token. */
  token(...place: Place): number;
  /** log p of a token, nats; undefined where it is not in the loss, see `firstInLoss`. */
  logProbability(...place: Place): number | undefined;
  /** Gradient of a token's NLL with respect to the last residual stream of the token before it, [hidden]. */
  error(...place: Place): Float32Array | undefined;
}

/** Position of the first token whose NLL counts: all that are predicted, but in the query only the payload's. */
export function firstInLoss(set: VersionSet, text: RunText): number {
  return text === set.query ? text.payload.start : 1;
}

export async function runForward(model: LanguageModel, sets: readonly VersionSet[]): Promise<ForwardRun> {
  const versions: Version[] = [];
  const offsets = sets.map((set) => {
    const offset = versions.length;
    versions.push(...set.versions.map((version) => movedBy(version, offset)));
    return offset;
  });
  const layout = layOut(versions);
  const states = await model.states(layout);
  const token = (...[set, text, position]: Place) =>
    tokenIndex(layout, offsets[set]! + text.version, position);

  // What a shared prefix predicts is the same in each version, and is asked once.
  const rowOf = new Map<number, number>();
  const rows: number[] = [];
  const targets: number[] = [];
  for (const [index, set] of sets.entries()) {
    for (const text of [...trainedTexts(set), set.query]) {
      for (let position = firstInLoss(set, text); position < text.encoding.ids.length; position++) {
        const predicted = token(index, text, position);
        if (rowOf.has(predicted)) continue;
        rowOf.set(predicted, rows.length);
        rows.push(token(index, text, position - 1));
        targets.push(text.encoding.ids[position]!);
      }
    }
  }
  const { logProbability, error } = await predictInChunks(model, states, rows, targets);
  const width = model.pack.manifest.model.hidden;
  return {
    sets,
    states,
    token,
    logProbability: (...place) => logProbability[rowOf.get(token(...place)) ?? -1],
    error: (...place) => {
      const row = rowOf.get(token(...place));
      return row === undefined ? undefined : error.subarray(row * width, (row + 1) * width);
    },
  };
}

function movedBy(version: Version, offset: number): Version {
  const { sharedWith } = version;
  return sharedWith
    ? { ...version, sharedWith: { ...sharedWith, version: sharedWith.version + offset } }
    : version;
}

async function predictInChunks(
  model: LanguageModel,
  states: ResidualStates,
  rows: readonly number[],
  targets: readonly number[],
): Promise<Predicted> {
  const { hidden: width, vocabulary } = model.pack.manifest.model;
  const predictedRows = Math.max(1, Math.floor(predictedProbabilities / vocabulary));
  const logProbability = new Float32Array(rows.length);
  const error = new Float32Array(rows.length * width);
  for (let start = 0; start < rows.length; start += predictedRows) {
    const end = start + predictedRows;
    const part = await model.predict(states, rows.slice(start, end), targets.slice(start, end));
    logProbability.set(part.logProbability, start);
    error.set(part.error, start * width);
  }
  return { logProbability, error };
}
