import type { AlternativesQuestion } from '../analysis/alternatives/readAlternatives.js';
import type { SampleAlternatives } from '../analysis/alternatives/sampleAlternatives.js';
import type { Candidate, TextDocument } from '../analysis/candidate.js';
import type { DescribedFeature, FeatureListing } from '../analysis/features/describedFeature.js';
import type { FeatureReading } from '../analysis/features/featureReading.js';
import type { FeatureQuestion } from '../analysis/features/readFeatures.js';
import type { SampleFeaturesQuestion } from '../analysis/features/readSampleFeatures.js';
import type { SampleFeatures } from '../analysis/features/sampleFeatures.js';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import type { Sample } from '../analysis/sample.js';
import type { RuntimeName } from '../model/runtime.js';

export interface MeasureOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of samples of this call that are done. */
  readonly onProgress?: (done: number) => void;
  /** Called with the number of samples of this call that a cache answered, if any. */
  readonly onCached?: (samples: number) => void;
  /** The editor's requests go before a scan's. */
  readonly lane?: Lane;
}

export type Lane = 'editor' | 'scan';

export interface EngineInfo {
  /** `name@version` of the model pack. */
  readonly pack: string;
  readonly model: string;
  /** From the start of the process until the model could answer. */
  readonly readyMs: number;
  readonly processId: number;
  /** WebAssembly, several times slower, where the native runtime can't be loaded. */
  readonly runtime: RuntimeName;
}

/** The engine is gone and did not come back, or refuses its pack. The message says why and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** The model behind a process boundary, as the editor and the command line see it. */
export interface Engine {
  /** Starts the engine if need be. Rejects with an EngineError that names what is wrong with the pack. */
  info(): Promise<EngineInfo>;
  /** Frames and payloads of a text, by structure alone: the model is not asked. */
  findCandidates(document: TextDocument, options?: { signal?: AbortSignal }): Promise<Candidate[]>;
  /** One result for each sample, in order. Rejects with an EngineError, or an AbortError when it was cancelled. */
  measure(samples: readonly Sample[], options?: MeasureOptions): Promise<MeasureResult[]>;
  dispose(): Promise<void>;
}

/** What a person asks beside measures. Those of features reject, with what to do, where the pack has none or not those that are asked for. */
export interface FeatureEngine extends Engine {
  /** Features of a text's tokens. */
  readFeatures(question: FeatureQuestion, options?: { signal?: AbortSignal }): Promise<FeatureReading>;
  /** Features of a sample beside those of its bare version. */
  readSampleFeatures(
    question: SampleFeaturesQuestion,
    options?: { signal?: AbortSignal },
  ): Promise<SampleFeatures>;
  featureListing(): Promise<FeatureListing>;
  featurePage(feature: number): Promise<DescribedFeature>;
  /** What the model would have expected in the place of each token of a sample and of its bare version; null where the pack can't tell. */
  readAlternatives(
    question: AlternativesQuestion,
    options?: { signal?: AbortSignal },
  ): Promise<SampleAlternatives | null>;
}
