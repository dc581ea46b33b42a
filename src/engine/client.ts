import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc/node';
import type { AlternativesQuestion } from '../analysis/alternatives/readAlternatives.js';
import type { TextDocument } from '../analysis/candidate.js';
import type { FeatureQuestion } from '../analysis/features/readFeatures.js';
import type { SampleFeaturesQuestion } from '../analysis/features/readSampleFeatures.js';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import type { Sample } from '../analysis/sample.js';
import type { RuntimeName } from '../model/runtime.js';
import { EngineError, type FeatureEngine, type MeasureOptions } from './engine.js';
import {
  alternativesRequest,
  featureListingRequest,
  featurePageRequest,
  featuresRequest,
  findRequest,
  infoRequest,
  measureProgress,
  measureRequest,
  plannedExit,
  requestCancelled,
  sampleFeaturesRequest,
  type ServerOptions,
} from './protocol.js';

export interface EngineOptions {
  readonly packFolder: string;
  /** Folder of the tree-sitter grammars. */
  readonly grammarFolder: string;
  /** The bundled server (`dist/engine.mjs`). */
  readonly serverEntry: string;
  /** Threads of the model; all physical cores by default. */
  readonly threads?: number;
  /** The native one where it can be loaded, otherwise WebAssembly. */
  readonly runtime?: RuntimeName;
  readonly idleSeconds?: number;
  /** Told of restarts, for a log. */
  readonly onEvent?: (message: string) => void;
}

/** Crashes in a row after which the engine is given up. A request that works sets the count back. */
const mostCrashes = 3;
const backOffMs = 200;
const defaultIdleSeconds = 300;
/**
 * Of the embedded model, whose weights are 540 MB expanded; a process past this bound is replaced between two requests. The memory of WebAssembly never
 * shrinks, so that it is what opening the graphs took at its height.
 */
const memoryBytes = { native: 1_000_000_000, wasm: 2_200_000_000 };

/**
 * For glibc; others ignore them. Blocks that are mapped are given back to the system, but cleared anew each time: the threshold
 * stands below a feed-forward matrix (576 × 1536 fp32, of which opening a graph frees several), and above the activations of a
 * run. Left alone, glibc raises it and keeps 400 MB. Huge pages make clearing the probabilities of the vocabulary cheap.
 */
const allocatorSettings = {
  MALLOC_MMAP_THRESHOLD_: '3300000',
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};

/** An engine that is forked at the first request, and again after it ended or crashed. */
export function startEngine(options: EngineOptions): FeatureEngine {
  return new EngineClient(options);
}

interface Running {
  readonly process: ChildProcess;
  readonly connection: MessageConnection;
  /** Settles when the process is gone; true for a planned end. */
  readonly ended: Promise<{ planned: boolean; how: string }>;
}

/** The process ended while a request was under way. */
class EngineGone extends Error {
  constructor(
    readonly planned: boolean,
    how: string,
  ) {
    super(how);
  }
}

class EngineClient implements FeatureEngine {
  #running: Running | undefined;
  #crashes = 0;
  #disposed = false;

  constructor(private readonly options: EngineOptions) {}

  info() {
    return this.#request((connection) => connection.sendRequest(infoRequest));
  }

  findCandidates(document: TextDocument, options: { signal?: AbortSignal } = {}) {
    return this.#request(
      (connection, token) => connection.sendRequest(findRequest, { ...document }, token),
      options.signal,
    );
  }

  readFeatures({ text, most, latents }: FeatureQuestion, options: { signal?: AbortSignal } = {}) {
    const params = { text, most, ...(latents ? { latents: [...latents] } : {}) };
    return this.#request(
      (connection, token) => connection.sendRequest(featuresRequest, params, token),
      options.signal,
    );
  }

  readSampleFeatures(
    { sample, most, latents }: SampleFeaturesQuestion,
    options: { signal?: AbortSignal } = {},
  ) {
    const params = { sample: { ...sample }, most, ...(latents ? { latents: [...latents] } : {}) };
    return this.#request(
      (connection, token) => connection.sendRequest(sampleFeaturesRequest, params, token),
      options.signal,
    );
  }

  readAlternatives({ sample, most }: AlternativesQuestion, options: { signal?: AbortSignal } = {}) {
    const params = { sample: { ...sample }, most };
    return this.#request(
      (connection, token) => connection.sendRequest(alternativesRequest, params, token),
      options.signal,
    );
  }

  featureListing() {
    return this.#request((connection) => connection.sendRequest(featureListingRequest));
  }

  featurePage(feature: number) {
    return this.#request((connection) => connection.sendRequest(featurePageRequest, { feature }));
  }

  async measure(samples: readonly Sample[], options: MeasureOptions = {}): Promise<MeasureResult[]> {
    try {
      return await this.#measureOnce(samples, options, mostCrashes);
    } catch (error) {
      if (!(error instanceof EngineGone) || samples.length === 1) throw forCallers(error);
    }
    // Some sample of these may be what the engine dies of: one by one, only that one fails.
    const results: MeasureResult[] = [];
    for (const [index, sample] of samples.entries()) {
      const onProgress = options.onProgress && ((done: number) => options.onProgress?.(index + done));
      try {
        results.push(
          ...(await this.#measureOnce([sample], { ...options, ...(onProgress ? { onProgress } : {}) }, 1)),
        );
      } catch (error) {
        if (!(error instanceof EngineGone)) throw error;
        results.push({
          kind: 'failed',
          reason: `the engine ended while it measured this sample: ${error.message}`,
        });
      }
    }
    return results;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    if (this.#running) await this.#stop(this.#running);
  }

  async #stop(running: Running): Promise<void> {
    running.process.kill();
    await running.ended;
  }

  async #measureOnce(
    samples: readonly Sample[],
    options: MeasureOptions,
    crashes: number,
  ): Promise<MeasureResult[]> {
    const progress = randomUUID();
    const params = { samples: [...samples], lane: options.lane ?? 'scan', progress };
    return this.#sendUntilAnswered(
      async (connection, token) => {
        const listening = connection.onProgress(measureProgress, progress, (done) =>
          options.onProgress?.(done),
        );
        try {
          return await connection.sendRequest(measureRequest, params, token);
        } finally {
          listening.dispose();
        }
      },
      options.signal,
      crashes,
    );
  }

  async #request<T>(
    send: (connection: MessageConnection, token: CancellationTokenSource['token']) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await this.#sendUntilAnswered(send, signal, mostCrashes);
    } catch (error) {
      throw forCallers(error);
    }
  }

  /** Sends a request; after a crash starts the engine anew and sends it again, until it ended `crashes` times. */
  async #sendUntilAnswered<T>(
    send: (connection: MessageConnection, token: CancellationTokenSource['token']) => Promise<T>,
    signal: AbortSignal | undefined,
    crashes: number,
  ): Promise<T> {
    for (let left = crashes; ;) {
      signal?.throwIfAborted();
      try {
        const result = await this.#sendOnce(send, signal);
        this.#crashes = 0;
        return result;
      } catch (error) {
        if (!(error instanceof EngineGone)) throw forCallers(error, signal);
        if (this.#disposed) throw new EngineError('The engine was stopped.', { cause: error });
        this.options.onEvent?.(`engine ended: ${error.message}`);
        if (--left <= 0) throw error;
        if (error.planned) continue;
        await sleep(backOffMs * 2 ** this.#crashes++);
      }
    }
  }

  async #sendOnce<T>(
    send: (connection: MessageConnection, token: CancellationTokenSource['token']) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const running = this.#start();
    const source = new CancellationTokenSource();
    const cancel = () => source.cancel();
    signal?.addEventListener('abort', cancel);
    try {
      return await Promise.race([
        send(running.connection, source.token),
        running.ended.then(({ planned, how }) => {
          throw new EngineGone(planned, how);
        }),
      ]);
    } catch (error) {
      // The connection notices a dead process by itself too; the exit code tells more.
      // A process that can't use its pack never will: the next request starts another, which looks again.
      if (error instanceof ResponseError && error.code === ErrorCodes.ServerNotInitialized)
        await this.#stop(running);
      const answered = error instanceof ResponseError && error.code !== ErrorCodes.PendingResponseRejected;
      if (answered || error instanceof EngineGone) throw error;
      const { planned, how } = await running.ended;
      throw new EngineGone(planned, how);
    } finally {
      signal?.removeEventListener('abort', cancel);
      source.dispose();
    }
  }

  #start(): Running {
    if (this.#running) return this.#running;
    if (this.#disposed) throw new EngineError('The engine was stopped.');
    const { packFolder, grammarFolder, threads, runtime, idleSeconds = defaultIdleSeconds } = this.options;
    const serverOptions: ServerOptions = {
      packFolder,
      grammarFolder,
      idleSeconds,
      memoryBytes,
      ...(threads === undefined ? {} : { threads }),
      ...(runtime === undefined ? {} : { runtime }),
    };
    const child = fork(this.options.serverEntry, [JSON.stringify(serverOptions)], {
      execArgv: ['--max-old-space-size=400'],
      env: { ...process.env, ...allocatorSettings },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    connection.onError(() => {});
    connection.listen();
    const running = { process: child, connection, ended: this.#endOf(child, connection) };
    this.#running = running;
    return running;
  }

  #endOf(child: ChildProcess, connection: MessageConnection): Running['ended'] {
    let lastWords = '';
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (lastWords = (lastWords + text).slice(-500)));
    return new Promise((settle) => {
      const end = (planned: boolean, how: string) => {
        connection.dispose();
        if (this.#running?.process === child) this.#running = undefined;
        settle({ planned, how });
      };
      child.once('error', (error) => end(false, error.message));
      child.once('close', (code, signal) => {
        const planned = code === plannedExit;
        end(planned, signal ? `signal ${signal}` : `exit code ${code} ${lastWords.trim()}`.trim());
      });
    });
  }
}

/** What a caller gets to see of an error of the connection. */
function forCallers(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof EngineGone) {
    return new EngineError(
      `The engine ended ${mostCrashes} times in a row: ${error.message}. Try again, or check the model pack.`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof ResponseError && error.code === requestCancelled) {
    return signal?.reason ?? new DOMException('cancelled', 'AbortError');
  }
  if (error instanceof ResponseError && error.code === ErrorCodes.ServerNotInitialized) {
    return new EngineError(error.message, { cause: error });
  }
  return error;
}
