import { ProgressType, RequestType, RequestType0 } from 'vscode-jsonrpc/node';
import { z } from 'zod';
import type { SampleAlternatives } from '../analysis/alternatives/sampleAlternatives.js';
import type { Candidate } from '../analysis/candidate.js';
import type { DescribedFeature, FeatureListing } from '../analysis/features/describedFeature.js';
import type { FeatureReading } from '../analysis/features/featureReading.js';
import type { SampleFeatures } from '../analysis/features/sampleFeatures.js';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import { runtimeNames } from '../model/runtime.js';
import type { EngineInfo } from './engine.js';

const span = z.object({ start: z.int().nonnegative(), end: z.int().nonnegative() });

const sample = z.object({
  text: z.string(),
  frame: span.exactOptional(),
  payload: span.exactOptional(),
  language: z.string(),
});

/** Requests are parsed on arrival: a wrong one fails by itself, with the field's name. */
export const measureParamsSchema = z.object({
  samples: z.array(sample),
  lane: z.enum(['editor', 'scan']),
  /** Token under which progress is told: the number of samples done. */
  progress: z.string(),
});
export type MeasureParams = z.infer<typeof measureParamsSchema>;

export const findParamsSchema = z.object({
  text: z.string(),
  path: z.string().exactOptional(),
  languageId: z.string().exactOptional(),
});
export type FindParams = z.infer<typeof findParamsSchema>;

const latent = z.int().nonnegative();

export const featuresParamsSchema = z.object({
  text: z.string(),
  most: z.int().positive(),
  latents: z.array(latent).exactOptional(),
});
export type FeaturesParams = z.infer<typeof featuresParamsSchema>;

export const sampleFeaturesParamsSchema = z.object({
  sample,
  most: z.int().nonnegative(),
  latents: z.array(latent).exactOptional(),
});
export type SampleFeaturesParams = z.infer<typeof sampleFeaturesParamsSchema>;

/** For each token, at most; more than anybody would read. */
const mostAlternatives = 50;

export const alternativesParamsSchema = z.object({ sample, most: z.int().positive().max(mostAlternatives) });
export type AlternativesParams = z.infer<typeof alternativesParamsSchema>;

export const featurePageParamsSchema = z.object({ feature: latent });
export type FeaturePageParams = z.infer<typeof featurePageParamsSchema>;

export const infoRequest = new RequestType0<EngineInfo, void>('engine/info');
export const measureRequest = new RequestType<MeasureParams, MeasureResult[], void>('engine/measure');
export const findRequest = new RequestType<FindParams, Candidate[], void>('engine/find');
export const featuresRequest = new RequestType<FeaturesParams, FeatureReading, void>('engine/features');
export const sampleFeaturesRequest = new RequestType<SampleFeaturesParams, SampleFeatures, void>(
  'engine/sampleFeatures',
);
export const alternativesRequest = new RequestType<AlternativesParams, SampleAlternatives | null, void>(
  'engine/alternatives',
);
export const featureListingRequest = new RequestType0<FeatureListing, void>('engine/featureListing');
export const featurePageRequest = new RequestType<FeaturePageParams, DescribedFeature, void>(
  'engine/featurePage',
);
export const measureProgress = new ProgressType<number>();

/** What the parent passes to the process on its command line, as one JSON argument. */
export const serverOptionsSchema = z.object({
  packFolder: z.string(),
  grammarFolder: z.string(),
  threads: z.int().positive().optional(),
  runtime: z.enum(runtimeNames).optional(),
  /** The process ends by itself after this time without a request. */
  idleSeconds: z.number().positive(),
  /** Resident memory after which the process asks to be replaced, once its answers are out. */
  memoryBytes: z.object({ native: z.number().positive(), wasm: z.number().positive() }),
});
export type ServerOptions = z.infer<typeof serverOptionsSchema>;

/** Exit code of an end that is no crash. */
export const plannedExit = 0;

/** Code of the answer to a request that its sender cancelled, as the Language Server Protocol has it. */
export const requestCancelled = -32800;
