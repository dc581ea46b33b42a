import {
  type CancellationToken,
  createMessageConnection,
  ErrorCodes,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
} from 'vscode-jsonrpc/node';
import { z } from 'zod';
import { readAlternatives } from '../analysis/alternatives/readAlternatives.js';
import { describeFeature } from '../analysis/features/describeFeature.js';
import { readFeatures } from '../analysis/features/readFeatures.js';
import { readSampleFeatures } from '../analysis/features/readSampleFeatures.js';
import { findCandidates } from '../analysis/frames/findCandidates.js';
import { measureSamples } from '../analysis/measure/measures.js';
import { type FeaturePages, openPages } from '../model/featurePages.js';
import { loadGrammars } from '../model/grammars.js';
import { LanguageModel } from '../model/languageModel.js';
import { loadPack, PackError } from '../model/pack.js';
import type { Lane } from './engine.js';
import { LaneQueue } from './laneQueue.js';
import {
  alternativesParamsSchema,
  alternativesRequest,
  featureListingRequest,
  featurePageParamsSchema,
  featurePageRequest,
  featuresParamsSchema,
  featuresRequest,
  findParamsSchema,
  findRequest,
  infoRequest,
  measureParamsSchema,
  measureProgress,
  measureRequest,
  plannedExit,
  requestCancelled,
  sampleFeaturesParamsSchema,
  sampleFeaturesRequest,
  type ServerOptions,
  serverOptionsSchema,
} from './protocol.js';

/** The engine process: answers typed requests over IPC until nobody asks any more. */
function main(): void {
  const options = serverOptionsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const lanes = new LaneQueue();
  const life = new ProcessLife(options.idleSeconds, options.memoryBytes.native);
  const grammars = loadGrammars(options.grammarFolder);
  const opening = openModel(options);
  // Every request waits for it and so tells of its failure; this keeps the process alive until one has asked.
  opening.then(
    ({ model }) => life.allow(boundOf(model, options)),
    () => {},
  );

  connection.onRequest(infoRequest, () =>
    life.during(async () => {
      const { model, readyMs } = await usable(opening);
      const { manifest, label } = model.pack;
      return {
        pack: label,
        model: manifest.name,
        readyMs,
        processId: process.pid,
        runtime: model.runtime.name,
      };
    }),
  );
  connection.onRequest(findRequest, (params) =>
    life.during(() => findCandidates(parse(findParamsSchema, params), grammars)),
  );
  /** What is asked of the model's features goes before a scan, and what is wrong with it is told. */
  const onFeatures = <T>(cancelled: CancellationToken, read: (model: LanguageModel) => Promise<T>) =>
    life.during(async () => {
      const { model } = await usable(opening);
      const endTurn = await lanes.turn('editor');
      try {
        stopIf(cancelled);
        return await read(model);
      } catch (error) {
        throw forAsker(error);
      } finally {
        endTurn();
      }
    });
  connection.onRequest(featuresRequest, (params, cancelled) =>
    onFeatures(cancelled, (model) => readFeatures(model, parse(featuresParamsSchema, params))),
  );
  connection.onRequest(sampleFeaturesRequest, (params, cancelled) =>
    onFeatures(cancelled, (model) => readSampleFeatures(model, parse(sampleFeaturesParamsSchema, params))),
  );
  /** Pages are files beside the weights: they wait for no run. */
  let pages: Promise<FeaturePages> | undefined;
  const onPages = <T>(read: (pages: FeaturePages, model: LanguageModel) => Promise<T> | T) =>
    life.during(async () => {
      const { model } = await usable(opening);
      try {
        return await read(await (pages ??= openPages(model.pack)), model);
      } catch (error) {
        throw forAsker(error);
      }
    });
  connection.onRequest(featureListingRequest, () =>
    onPages(({ index: { labels, densities } }) => ({ labels, densities })),
  );
  connection.onRequest(featurePageRequest, (params) =>
    onPages((opened, { tokenizer }) =>
      describeFeature(
        opened,
        (id) => tokenizer.tokenText(id),
        parse(featurePageParamsSchema, params).feature,
      ),
    ),
  );
  /** Work of several runs: each takes its turn anew, and none begins once it was cancelled. */
  const inTurns = async <T>(
    lane: Lane,
    cancelled: CancellationToken,
    work: (nextTurn: (meanwhile?: () => Promise<void>) => Promise<void>) => Promise<T>,
  ): Promise<T> => {
    let endTurn = () => {};
    try {
      return await work(async (meanwhile) => {
        endTurn();
        stopIf(cancelled);
        await meanwhile?.();
        endTurn = await lanes.turn(lane);
        stopIf(cancelled);
      });
    } finally {
      endTurn();
    }
  };
  connection.onRequest(alternativesRequest, (params, cancelled) =>
    life.during(async () => {
      const question = parse(alternativesParamsSchema, params);
      const { model } = await usable(opening);
      return inTurns('editor', cancelled, (nextTurn) => readAlternatives(model, question, () => nextTurn()));
    }),
  );
  connection.onRequest(measureRequest, (params, cancelled) =>
    life.during(async () => {
      const { samples, lane, progress } = parse(measureParamsSchema, params);
      const { model } = await usable(opening);
      return inTurns(lane, cancelled, (nextTurn) =>
        measureSamples(model, samples, (done) =>
          nextTurn(() => connection.sendProgress(measureProgress, progress, done)),
        ),
      );
    }),
  );
  // Ctrl-C reaches the whole process group: the parent decides what becomes of the work under way.
  process.on('SIGINT', () => {});
  // The parent is gone, however it ended.
  process.on('disconnect', () => process.exit(plannedExit));
  connection.listen();
}

/** Ends the process when nobody has asked for a while, or when it has grown past its bound; never during a request. */
class ProcessLife {
  #running = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly idleSeconds: number,
    private memoryBytes: number,
  ) {
    this.#waitForWork();
  }

  allow(memoryBytes: number): void {
    this.memoryBytes = memoryBytes;
  }

  async during<T>(work: () => Promise<T> | T): Promise<T> {
    clearTimeout(this.#idle);
    this.#running++;
    try {
      return await work();
    } finally {
      if (--this.#running === 0) this.#waitForWork();
    }
  }

  #waitForWork(): void {
    const outgrown = process.memoryUsage.rss() > this.memoryBytes;
    // Even outgrown it waits a moment: the answer is still on its way out.
    this.#idle = setTimeout(() => process.exit(plannedExit), outgrown ? 200 : this.idleSeconds * 1000);
  }
}

/** Of a model that is larger than the embedded one, a quarter more than it takes once it is open. */
function boundOf({ runtime }: LanguageModel, { memoryBytes }: ServerOptions): number {
  const bound = memoryBytes[runtime.name];
  return runtime.name === 'native' ? Math.max(bound, 1.25 * process.memoryUsage.rss()) : bound;
}

async function openModel({ packFolder, threads, runtime }: ServerOptions) {
  const model = await LanguageModel.open(await loadPack(packFolder), {
    ...(threads === undefined ? {} : { threads }),
    ...(runtime === undefined ? {} : { runtime }),
  });
  return { model, readyMs: Math.round(performance.now()) };
}

async function usable<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    const reason =
      error instanceof PackError ? error.message : `The model could not be opened: ${String(error)}`;
    throw new ResponseError(ErrorCodes.ServerNotInitialized, reason);
  }
}

function forAsker(error: unknown): Error {
  if (error instanceof ResponseError) return error;
  return new ResponseError(ErrorCodes.InvalidParams, error instanceof Error ? error.message : String(error));
}

function parse<T>(schema: z.ZodType<T>, params: unknown): T {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw new ResponseError(ErrorCodes.InvalidParams, z.prettifyError(parsed.error));
}

function stopIf(cancelled: CancellationToken): void {
  if (cancelled.isCancellationRequested) throw new ResponseError(requestCancelled, 'cancelled');
}

main();
