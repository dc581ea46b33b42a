import type { LanguageModel } from '../../model/languageModel.js';
import type { Measures } from '../finding.js';
import { type Calibration, calibratedRatio, calibratedTaught } from './calibration.js';
import { entanglement, joinOverlaps, type Overlap, sharedFeatures } from './entanglement.js';
import { meanEstimate, ratioEstimate, taughtTokens } from './kernel.js';
import { levelOf } from '../levels.js';
import type { MeasureResult, TokenMeasures } from './measureResult.js';
import { rounded } from './rounding.js';
import { remediesOf } from '../remedies.js';
import { intoRuns } from './runs.js';
import { isStealthSlip, pooled } from './slip.js';
import type { Sample } from '../sample.js';
import { bareCut, besideCut } from './versions.js';
import { runVersionSets, type VersionResult } from './versionRun.js';
import { type RunText, tokenCost, type VersionSet, versionSet } from './versionSet.js';
import { intoWindows, spanInSample, type PayloadWindow } from './windows.js';

/** Shared features that a result names. */
const mostFeatures = 8;

/** A window of one sample, ready to run. */
interface Job {
  readonly sample: number;
  readonly window: PayloadWindow;
  readonly set: VersionSet;
}

/** What one window adds to its sample: values of single payload tokens, so that windows join without rounding. */
interface WindowValues {
  readonly spanNll: number[];
  readonly bareNll: number[];
  readonly queryNll: number[];
  readonly taught: number[];
  readonly taughtBare: number[];
  readonly taughtFrameOnly: number[];
  /**
   * What the sample would teach with the payload masked from the loss: the contribution of its other tokens. Attention passes
   * some of the payload's errors on to tokens before it, so this is a little too high: docs/science.md says how much.
   */
  readonly taughtMasked: number;
  readonly overlap?: Overlap;
  /** Of payload tokens; empty without a probe. */
  readonly probe: number[];
  readonly bareProbe: number[];
  readonly tokens: TokenMeasures[];
  readonly bareTokens: TokenMeasures[];
}

/**
 * Measures samples, several to a run of the model. One result for each sample, in order.
 * `beforeRun` is called before each run; what it throws ends the call (cancellation).
 */
export async function measureSamples(
  model: LanguageModel,
  samples: readonly Sample[],
  beforeRun: (samplesDone: number) => Promise<void> | void = () => {},
): Promise<MeasureResult[]> {
  const notes = samples.map((): string[] => []);
  const values = samples.map((): WindowValues[] => []);
  const jobs = samples.flatMap((sample, index) => jobsOf(model, sample, index, notes[index]!));
  const open = samples.map((_, index) => jobs.filter((job) => job.sample === index).length);
  for (const group of intoRuns(jobs, jobSize)) {
    await beforeRun(open.filter((left) => left === 0).length);
    const results = await runVersionSets(
      model,
      group.map((job) => job.set),
    );
    group.forEach((job, i) => {
      values[job.sample]!.push(windowValues(model, job, results[i]!));
      open[job.sample]!--;
    });
  }
  const dense = await model.denseFeatures();
  return samples.map((_, index) => resultOf(model, values[index]!, notes[index]!, dense));
}

function jobsOf(model: LanguageModel, sample: Sample, index: number, notes: string[]): Job[] {
  const encode = (text: string) => model.tokenizer.encodeForModel(text);
  const { windows, notes: cuts } = intoWindows(sample, encode);
  notes.push(...cuts);
  return windows.flatMap((window) => {
    const set = versionSet(window.sample, encode);
    return set ? [{ sample: index, window, set }] : [];
  });
}

function jobSize({ set }: Job) {
  return { longest: Math.max(...set.versions.map(({ ids }) => ids.length)), tokens: tokenCost(set) };
}

function windowValues(model: LanguageModel, { window, set }: Job, result: VersionResult): WindowValues {
  const { saturation } = model.pack.manifest.kernel;
  const ofPayload = (
    text: RunText | undefined,
    value: (text: RunText, position: number) => number | undefined,
  ) => (text ? payloadPositions(text).flatMap((position) => value(text, position) ?? []) : []);
  const nll = (text: RunText | undefined): number[] =>
    ofPayload(text, (...place) => result.logProbability(...place)).map((logProbability) => -logProbability);
  const queryNll = nll(set.query);
  const teach = (text: RunText) =>
    taughtTokens(result.products(text), Float64Array.from(queryNll), saturation);
  const sample = teach(set.sample);
  const bare = set.bare && teach(set.bare);
  // Contributions of a window are put together later: as nats, not yet per payload token.
  const tokensOf = (
    text: RunText,
    byToken: Float64Array,
    place: (offset: number, isEnd: boolean) => number,
  ) =>
    Array.from(byToken, (taught, i): TokenMeasures => {
      const probe = result.probe(text, i + 1) ?? NaN;
      return {
        ...spanInSample(window, {
          start: place(text.encoding.starts[i + 1]!, false),
          end: place(text.encoding.ends[i + 1]!, true),
        }),
        taught: taught * queryNll.length,
        nll: -(result.logProbability(text, i + 1) ?? NaN),
        ...(Number.isNaN(probe) ? {} : { probe }),
      };
    });
  // Contribution i belongs to the token at position i + 1: nothing predicts the first.
  const inPayload = (i: number) => i + 1 >= set.sample.payload.start && i + 1 < set.sample.payload.end;
  return {
    spanNll: nll(set.sample),
    bareNll: nll(set.bare),
    queryNll,
    taught: [...sample.byQuery],
    taughtBare: bare ? [...bare.byQuery] : [],
    taughtFrameOnly:
      set.frameOnly && set.frameOnly.encoding.ids.length > 1 ? [...teach(set.frameOnly).byQuery] : [],
    taughtMasked:
      sample.byToken.reduce((sum, value, i) => (inPayload(i) ? sum : sum + value), 0) * queryNll.length,
    ...(result.overlap ? { overlap: result.overlap } : {}),
    probe: ofPayload(set.sample, (...place) => result.probe(...place)),
    bareProbe: ofPayload(set.bare, (...place) => result.probe(...place)),
    tokens: tokensOf(set.sample, sample.byToken, (offset) => offset),
    bareTokens: set.bare && bare ? tokensOf(set.bare, bare.byToken, besideCut(bareCut(window.sample)!)) : [],
  };
}

function resultOf(
  model: LanguageModel,
  windows: readonly WindowValues[],
  notes: readonly string[],
  dense: ReadonlySet<number>,
): MeasureResult {
  const all = (name: 'spanNll' | 'bareNll' | 'queryNll' | 'taught' | 'taughtBare' | 'taughtFrameOnly') =>
    Float64Array.from(windows.flatMap((window) => window[name]));
  const [spanNll, bareNll, queryNll] = [all('spanNll'), all('bareNll'), all('queryNll')];
  const payloadTokens = queryNll.length;
  if (payloadTokens === 0)
    return { kind: 'failed', reason: 'the payload holds no token that the model could score' };
  const [taught, taughtBare, taughtFrameOnly] = [all('taught'), all('taughtBare'), all('taughtFrameOnly')];
  const { calibration } = model.pack.manifest.kernel;
  const estimate = (tokens: Float64Array) =>
    calibration ? calibratedTaught(mean(tokens), calibration) : meanEstimate(tokens);
  const ratio = taughtBare.length === taught.length ? ratioOf(taught, taughtBare, calibration) : undefined;
  const overlaps = windows.flatMap(({ overlap }) => overlap ?? []);
  const overlap = overlaps.length > 0 ? joinOverlaps(overlaps) : undefined;
  const entangled = overlap && entanglement(overlap);
  const probe = probeOf(model, windows);
  const rule = model.pack.manifest.probe;
  const taughtMasked = windows.reduce((sum, window) => sum + window.taughtMasked, 0) / payloadTokens;
  const measures: Measures = rounded({
    ...(spanNll.length > 0 ? { spanNll: mean(spanNll) } : {}),
    ...(bareNll.length > 0 ? { bareSpanNll: mean(bareNll) } : {}),
    ...(spanNll.length > 0 && bareNll.length > 0 ? { frameEffect: mean(bareNll) - mean(spanNll) } : {}),
    neutralNll: mean(queryNll),
    taught: estimate(taught),
    ...(taughtBare.length > 0 ? { taughtBare: estimate(taughtBare) } : {}),
    ...(taughtFrameOnly.length > 0 ? { taughtFrameOnly: estimate(taughtFrameOnly) } : {}),
    taughtMasked,
    ...(ratio ? { teachRatio: ratio } : {}),
    ...(entangled === undefined ? {} : { entanglement: entangled }),
    ...(probe ? { probe } : {}),
    ...(probe && rule && entangled !== undefined
      ? { stealthSlip: isStealthSlip(probe, entangled, rule) }
      : {}),
    calibrated: calibration !== undefined,
    payloadTokens,
  });
  return {
    kind: 'measured',
    measures,
    level: levelOf(measures),
    remedies: remediesOf(measures),
    notes,
    ...(overlap ? { features: rounded(sharedFeatures(overlap, mostFeatures, dense)) } : {}),
    tokens: joinTokens(
      windows.flatMap(({ tokens }) => tokens),
      payloadTokens,
    ),
    ...(taughtBare.length > 0
      ? {
          bareTokens: joinTokens(
            windows.flatMap(({ bareTokens }) => bareTokens),
            payloadTokens,
          ),
        }
      : {}),
  };
}

function ratioOf(taught: Float64Array, taughtBare: Float64Array, calibration: Calibration | undefined) {
  return calibration
    ? calibratedRatio(mean(taught), mean(taughtBare), calibration)
    : ratioEstimate(taught, taughtBare);
}

function probeOf({ pack }: LanguageModel, windows: readonly WindowValues[]): Measures['probe'] {
  const rule = pack.manifest.probe;
  if (rule === undefined) return undefined;
  const sample = pooled(
    windows.flatMap((window) => window.probe),
    rule.pool,
  );
  const bare = pooled(
    windows.flatMap((window) => window.bareProbe),
    rule.pool,
  );
  if (sample === undefined || bare === undefined) return undefined;
  return { sample, bare, threshold: rule.threshold };
}

function payloadPositions({ payload }: RunText): number[] {
  return Array.from({ length: payload.end - payload.start }, (_, i) => payload.start + i);
}

/**
 * Sums what a token contributes in each window it stands in (the frame stands in all), as nats per payload token. Its surprise
 * is that of the first: only there does it follow what it follows in the sample.
 */
function joinTokens(tokens: readonly TokenMeasures[], payloadTokens: number): TokenMeasures[] {
  const joined = new Map<string, TokenMeasures>();
  for (const { taught, ...token } of tokens) {
    const key = `${token.start}:${token.end}`;
    const known = joined.get(key);
    joined.set(key, { ...token, ...known, taught: (known?.taught ?? 0) + taught / payloadTokens });
  }
  return rounded([...joined.values()].sort((a, b) => a.start - b.start || a.end - b.end));
}

function mean(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
