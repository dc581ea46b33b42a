import type { TextDocument } from '../analysis/candidate.js';
import type { Finding } from '../analysis/finding.js';
import { isAtLeast } from '../analysis/levelNames.js';
import { isAskedFor, isSetAside } from '../analysis/levels.js';
import { sampleOf } from '../analysis/sampleWindow.js';
import { completeFinding, FindingDrafts, setAsideFinding } from '../corpus/findingDraft.js';
import { MeasureQueue } from '../corpus/measureQueue.js';
import { readLines, type InputLine } from '../corpus/readLines.js';
import type { Engine } from '../engine/engine.js';
import { loadPack } from '../model/pack.js';
import { terminalJson } from '../report/terminalText.js';
import { type EngineOptions, EngineRun } from './engineRun.js';
import { exitCode, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { chunksUntil } from './interrupt.js';
import { OutputClosed, streamOutput } from './output.js';
import { parseSample, SampleError, scoreResult } from './scoreLine.js';
import { scanShard } from './scanShard.js';
import {
  cancelParamsSchema,
  RequestError,
  requestSchema,
  scanParamsSchema,
  scoreOptionsSchema,
  type RequestId,
} from './serveProtocol.js';

export interface ServeCommandOptions extends EngineOptions {
  /** Requests in flight before reading stops. */
  readonly window: number;
  readonly maxLineSize: number;
}

/**
 * Answers JSONL requests until the input ends, each as soon as it is done. With `window` requests in flight no more
 * is read, which holds back the client; `cancel` and `info` don't count.
 */
export async function serveCommand(options: ServeCommandOptions, host: Host): Promise<ExitCode> {
  const packFolder = options.pack ?? host.defaultPackFolder;
  const pack = (await loadPack(packFolder)).label;
  const run = new EngineRun(host, packFolder, options);
  const { engine, signal } = run;
  const output = streamOutput(host.stdout);
  const write = async (answer: unknown): Promise<void> => {
    await output.write(`${terminalJson(answer)}\n`).catch((error: unknown) => {
      if (!(error instanceof OutputClosed)) throw error;
      run.stop();
    });
  };
  const server = new RequestServer(host, engine, pack, signal, write, options);
  try {
    await engine.info();
    for await (const line of readLines(chunksUntil(host.stdin, signal), options.maxLineSize)) {
      if (signal.aborted) break;
      await server.take(line);
      if (server.engineFailure !== undefined) break;
    }
    await server.settled();
    if (server.engineFailure !== undefined) throw server.engineFailure;
  } finally {
    await run.dispose();
  }
  return host.signal.aborted ? exitCode.interrupted : exitCode.ok;
}

class RequestServer {
  private readonly running = new Map<RequestId, AbortController>();
  private readonly answers = new Set<Promise<void>>();
  private readonly queue: MeasureQueue;

  constructor(
    private readonly host: Host,
    private readonly engine: Engine,
    private readonly pack: string,
    signal: AbortSignal,
    private readonly write: (answer: unknown) => Promise<void>,
    private readonly options: ServeCommandOptions,
  ) {
    this.queue = new MeasureQueue(engine, signal);
    signal.addEventListener(
      'abort',
      () => {
        for (const abort of this.running.values()) abort.abort();
      },
      { once: true },
    );
  }

  /** Set when the engine is gone for good: no request can be answered any more. */
  get engineFailure(): Error | undefined {
    return this.queue.failure;
  }

  /** Resolves when the next line may be read. */
  async take(line: InputLine): Promise<void> {
    let id: RequestId | null = null;
    try {
      if (line.kind === 'too-long') {
        throw new RequestError(
          'too-large',
          `line ${line.number}: ${line.bytes} bytes, the limit is ${this.options.maxLineSize}`,
        );
      }
      if (line.text.trim() === '') return;
      const message = parseJson(line);
      id = idOf(message);
      const request = requestSchema.safeParse(message);
      if (!request.success)
        throw new RequestError('invalid-request', `line ${line.number}: id and method are needed`);
      const { method, params } = request.data;
      id = request.data.id;
      switch (method) {
        case 'cancel': {
          await this.write({ id, result: { cancelled: this.cancel(params) } });
          return;
        }
        case 'info': {
          await this.write({
            id,
            result: { ...(await this.engine.info()), version: this.host.version },
          });
          return;
        }
        case 'score': {
          await this.start(id, (abort) => this.score(params, abort));
          return;
        }
        case 'scan': {
          await this.start(id, (abort) => this.scan(params, abort));
          return;
        }
        case 'scanShard': {
          const tell = (begun: unknown): void => void this.write({ id, begun });
          await this.start(id, (abort) => scanShard(params, this.host, this.engine, abort, tell));
          return;
        }
        default:
          throw new RequestError(
            'unknown-method',
            `no method ${JSON.stringify(method)}: score, scan, scanShard, info, cancel`,
          );
      }
    } catch (error) {
      await this.write({ id, error: answerOf(error) });
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.answers);
  }

  private async start(id: RequestId, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    if (this.running.has(id))
      throw new RequestError('duplicate-id', `${JSON.stringify(id)} is still running`);
    const abort = new AbortController();
    this.running.set(id, abort);
    const answered = this.answer(id, work, abort.signal).finally(() => {
      this.running.delete(id);
      this.answers.delete(answered);
    });
    this.answers.add(answered);
    while (this.answers.size >= this.options.window) await Promise.race(this.answers);
  }

  private async answer(
    id: RequestId,
    work: (signal: AbortSignal) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      // A cancelled request is answered at once, even while the engine still works on it.
      const result = await Promise.race([work(signal), cancelled(signal)]);
      await this.write({ id, result });
    } catch (error) {
      await this.write({ id, error: answerOf(error) });
    }
  }

  private cancel(params: unknown): boolean {
    const parsed = cancelParamsSchema.safeParse(params);
    if (!parsed.success) throw new RequestError('invalid-params', 'cancel needs the id of a request');
    const abort = this.running.get(parsed.data.id);
    abort?.abort();
    return abort !== undefined;
  }

  private async score(params: unknown, signal: AbortSignal): Promise<unknown> {
    const sample = parseSample(params);
    const options = scoreOptionsSchema.safeParse(params);
    if (!options.success)
      throw new RequestError('invalid-params', 'tokens is true or false, kinds a list of kinds');
    const result = await this.queue.measure(sample, signal);
    switch (result.kind) {
      case 'measured':
        return scoreResult(sample, result, { pack: this.pack, ...options.data });
      case 'failed':
        throw new RequestError('not-scored', result.reason);
      case 'cancelled':
        throw new RequestError('cancelled', 'cancelled');
    }
  }

  private async scan(params: unknown, signal: AbortSignal): Promise<ScanAnswer> {
    const parsed = scanParamsSchema.safeParse(params);
    if (!parsed.success)
      throw new RequestError(
        'invalid-params',
        'scan needs a text; path, languageId, minLevel, minDetection and kinds may follow',
      );
    const { text, path, languageId, minLevel, minDetection, kinds } = parsed.data;
    const document: TextDocument = {
      text,
      ...(path === undefined ? {} : { path }),
      ...(languageId === undefined ? {} : { languageId }),
    };
    const { detector } = this.host;
    if (!detector.mayHoldFrame(text)) return { findings: [] };
    const likely = (await detector.findCandidates(document)).filter((each) => each.detection >= minDetection);
    const candidates = likely.filter((each) => each.suppressed === undefined);
    const suppressed = likely.length - candidates.length;
    const drafts = new FindingDrafts(document, { path: path ?? '-' });
    const findings = candidates.map(async (candidate) => {
      const draft = drafts.draft(candidate);
      if (isSetAside(draft.kind, kinds)) return setAsideFinding(draft, this.pack);
      const result = await this.queue.measure(sampleOf(document, candidate).sample, signal);
      if (result.kind === 'cancelled') throw new RequestError('cancelled', 'cancelled');
      return completeFinding(draft, result, this.pack);
    });
    // What could not be scored is never left out: its note says why.
    const isUnscored = (each: Finding): boolean =>
      each.measures === undefined && !isSetAside(each.kind, kinds);
    const isListed = (each: Finding): boolean =>
      isAskedFor(each.kind, kinds) && (isUnscored(each) || isAtLeast(each.level, minLevel));
    return {
      findings: (await Promise.all(findings)).filter(isListed),
      ...(suppressed === 0 ? {} : { suppressed }),
    };
  }
}

interface ScanAnswer {
  readonly findings: readonly Finding[];
  /** Findings that a comment in the text suppresses; they are not measured. */
  readonly suppressed?: number;
}

function parseJson(line: InputLine & { kind: 'line' }): unknown {
  try {
    return JSON.parse(line.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError('malformed-json', `line ${line.number}: ${reason}`);
  }
}

function idOf(message: unknown): RequestId | null {
  const id: unknown = typeof message === 'object' && message !== null && 'id' in message ? message.id : null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function cancelled(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const cancel = (): void => reject(new RequestError('cancelled', 'cancelled'));
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  });
}

function answerOf(error: unknown): { code: string; message: string } {
  if (error instanceof RequestError) return { code: error.code, message: error.message };
  if (error instanceof SampleError) return { code: 'invalid-params', message: error.message };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
