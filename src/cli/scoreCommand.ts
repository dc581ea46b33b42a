import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { asError } from '../corpus/asError.js';
import { MeasureQueue, scanLimits, type QueuedResult } from '../corpus/measureQueue.js';
import { readLines, type InputLine } from '../corpus/readLines.js';
import type { KindName } from '../analysis/kind/kindNames.js';
import { loadPack } from '../model/pack.js';
import { terminalJson } from '../report/terminalText.js';
import { type EngineOptions, EngineRun } from './engineRun.js';
import { exitCode, UsageError, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { chunksUntil } from './interrupt.js';
import { OutputClosed, streamOutput } from './output.js';
import { ProgressLine } from './progressLine.js';
import { parseSample, SampleError, scoreResult, type ScoreErrorCode, type ScoreLine } from './scoreLine.js';

export interface ScoreCommandOptions extends EngineOptions {
  readonly strict?: boolean;
  readonly tokens?: boolean;
  readonly kind: readonly KindName[];
  readonly quiet?: boolean;
  readonly maxLineSize: number;
}

type Answer = Promise<ScoreLine | undefined>;

/** One line out for each line in, in order. Holds no more of the input than what is being measured. */
export async function scoreCommand(
  path: string,
  options: ScoreCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const packFolder = options.pack ?? host.defaultPackFolder;
  const pack = (await loadPack(packFolder)).label;
  const input = await openInput(path, host);
  const output = streamOutput(host.stdout);
  const progress = new ProgressLine(host.stderr, {
    isQuiet: options.quiet === true,
    first: 'loading the model …',
  });
  const run = new EngineRun(host, packFolder, options);
  const { engine, signal } = run;
  const queue = new MeasureQueue(engine, signal);
  let lines = 0;
  let failed = 0;
  let isCutShort = false;
  const write = async (answered: Answer): Promise<void> => {
    const line = await answered;
    // After a gap nothing more may come out, or lines and answers would no longer match.
    isCutShort ||= line === undefined;
    if (line === undefined || isCutShort) return;
    lines += 1;
    if (line.type === 'error') failed += 1;
    progress.update(`${lines} lines scored`);
    progress.clear();
    await output.write(`${terminalJson(line)}\n`);
  };
  try {
    const writes: Promise<void>[] = [];
    let last = Promise.resolve();
    for await (const line of readLines(chunksUntil(input, signal), options.maxLineSize)) {
      if (signal.aborted) break;
      await queue.room();
      const answered = answer(line, queue, pack, options);
      last = last.then(() => write(answered));
      last.catch(() => undefined);
      writes.push(last);
      if (writes.length >= scanLimits.pending) await writes.shift();
    }
    await last;
  } catch (error) {
    if (error instanceof OutputClosed) return exitCode.ok;
    run.failure ??= asError(error);
  } finally {
    progress.stop();
    await run.dispose();
  }
  if (run.failure !== undefined) throw run.failure;
  if (host.signal.aborted) return exitCode.interrupted;
  if (failed > 0 && options.quiet !== true)
    host.stderr.write(`${failed} of ${lines} lines could not be scored\n`);
  return failed > 0 && options.strict === true ? exitCode.findings : exitCode.ok;
}

async function openInput(path: string, host: Host) {
  if (path === '-') return host.stdin;
  const status = await stat(path).catch((error: unknown) => {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  });
  if (status.isDirectory())
    throw new UsageError(`${path} is a folder: score reads one JSONL file, scan reads folders`);
  return createReadStream(path);
}

/** `undefined` when the run was cancelled before this line was measured. */
function answer(line: InputLine, queue: MeasureQueue, pack: string, options: ScoreCommandOptions): Answer {
  const number = line.number;
  const fail = (code: ScoreErrorCode, message: string, id?: { id: string | number }): ScoreLine => ({
    type: 'error',
    line: number,
    ...id,
    error: { code, message },
  });
  if (line.kind === 'too-long') {
    return Promise.resolve(
      fail('too-large', `line ${number} has ${line.bytes} bytes, the limit is ${options.maxLineSize}`),
    );
  }
  let input: unknown;
  try {
    input = JSON.parse(line.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return Promise.resolve(fail('malformed-json', `line ${number}: ${reason}`));
  }
  const id = idOf(input);
  try {
    const sample = parseSample(input);
    const measuring = queue.measure(sample);
    const notes = line.replaced ? ['bytes that are not UTF-8 were replaced by U+FFFD'] : [];
    const answered = measuring.then((result: QueuedResult): ScoreLine | undefined => {
      switch (result.kind) {
        case 'cancelled':
          return undefined;
        case 'failed':
          return fail('not-scored', `line ${number}: ${result.reason}`, id);
        case 'measured': {
          const asked = { pack, tokens: options.tokens === true, kinds: options.kind };
          const scored = scoreResult(sample, result, asked);
          return { type: 'score', line: number, ...id, ...scored, notes: [...notes, ...scored.notes] };
        }
      }
    });
    // Awaited in order, maybe much later.
    answered.catch(() => undefined);
    return answered;
  } catch (error) {
    if (!(error instanceof SampleError)) throw error;
    return Promise.resolve(fail('invalid-sample', `line ${number}: ${error.message}`, id));
  }
}

function idOf(input: unknown): { id: string | number } | undefined {
  if (typeof input !== 'object' || input === null || !('id' in input)) return undefined;
  return typeof input.id === 'string' || typeof input.id === 'number' ? { id: input.id } : undefined;
}
