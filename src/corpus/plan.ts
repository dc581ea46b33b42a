import type { Sample } from '../analysis/sample.js';
import { modelTokens } from '../analysis/measure/modelTokens.js';
import type { Engine } from '../engine/engine.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { type Forecast, forecast, type ModelRun, type PieceFigures, samplePieces } from './forecast.js';
import { listPieces, type Piece, readPiece } from './pieces.js';
import { scan } from './scan.js';
import type { Detector } from './scanTask.js';
import type { ScanHeader, Stage, Summary } from './scanLine.js';
import { ScanTally } from './scanTally.js';
import type { UnitInput } from './unitInput.js';

export interface PlanTask {
  /** What would be scanned, and how. */
  readonly header: ScanHeader;
  readonly detector: Detector;
  readonly tokenizer: Tokenizer;
  /** Pieces to read, and the seed that chooses them. */
  readonly pieces: number;
  readonly seed: number;
  /** Runs the model on one core over some of the samples that were found. */
  readonly timeModel: (samples: readonly Sample[]) => Promise<readonly ModelRun[]>;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Plan extends Forecast {
  readonly type: 'plan';
  readonly paths: readonly string[];
  readonly seed: number;
  readonly files: number;
  readonly bytes: number;
  readonly pieces: number;
  readonly sampled: { readonly pieces: number; readonly bytes: number; readonly candidates: number };
  /** Tokens a second on one core; absent where nothing was found to time the model on. */
  readonly tokensPerSecond?: number;
}

/** Reads a sample of the corpus as a scan would, and says what a scan of all would come to; `undefined` for an empty corpus. */
export async function plan(task: PlanTask): Promise<Plan | undefined> {
  const { header, seed } = task;
  const all = await listPieces(header.paths, header.options);
  const chosen = samplePieces(all, task.pieces, seed);
  const [first] = chosen;
  if (first === undefined) return undefined;
  // Once beforehand: the parsers are loaded by the first text that needs them.
  await figuresOf(first, task, []);
  const samples: Sample[] = [];
  const figures: PieceFigures[] = [];
  for (const piece of chosen) {
    task.signal.throwIfAborted();
    task.onProgress(`${figures.length} of ${chosen.length} pieces · ${piece.path}`);
    figures.push(await figuresOf(piece, task, samples));
  }
  task.onProgress('timing the model …');
  const runs = await task.timeModel(samples);
  const bytes = sumOf(all.map(({ start, end }) => end - start));
  return {
    type: 'plan',
    paths: header.paths,
    seed,
    files: new Set(all.map(({ path }) => path)).size,
    bytes,
    pieces: all.length,
    sampled: {
      pieces: chosen.length,
      bytes: sumOf(figures.map((each) => each.bytes)),
      candidates: samples.length,
    },
    ...(samples.length === 0 ? {} : { tokensPerSecond: rateOf(runs) }),
    ...forecast(figures, runs, { bytes, pieces: all.length, seed }),
  };
}

/** Scans one piece with everything but the model, in whose place the tokens are counted. */
async function figuresOf(piece: Piece, task: PlanTask, samples: Sample[]): Promise<PieceFigures> {
  const { header, tokenizer } = task;
  const clock = new StageClock(task.detector);
  let tokens = 0;
  const counter: Engine = {
    info: () =>
      Promise.resolve({
        pack: header.pack,
        model: header.pack,
        readyMs: 0,
        processId: process.pid,
        runtime: 'native',
      }),
    findCandidates: () => Promise.resolve([]),
    measure: (found) => {
      for (const sample of found) tokens += modelTokens(sample, (text) => tokenizer.encodeForModel(text));
      samples.push(...found);
      return Promise.resolve(found.map(() => ({ kind: 'failed' as const, reason: 'counted only' })));
    },
    dispose: () => Promise.resolve(),
  };
  const units = clock.reading(readPiece(piece, header.options));
  const signal = AbortSignal.any([task.signal]);
  // As of a shard: a piece need not be a whole file.
  const tally = new ScanTally(true);
  let summary: Summary | undefined;
  for await (const line of scan({
    header,
    units,
    detector: clock.detector,
    engine: counter,
    signal,
    tally,
  })) {
    if (line.type === 'summary') summary = line;
  }
  const passedOn = (stage: 'read' | 'measure'): Stage | undefined =>
    summary?.stages.find(({ name }) => name === stage);
  return {
    bytes: piece.end - piece.start,
    documents: passedOn('read')?.out ?? 0,
    candidates: passedOn('measure')?.in ?? 0,
    tokens,
    ...clock.spent,
  };
}

/**
 * Milliseconds of processor for each stage. Waiting for the disk and for other programs is left out, and most files take less
 * than the millisecond that a report counts in.
 */
class StageClock {
  readonly spent = { readMs: 0, prefilterMs: 0, parseMs: 0 };
  readonly detector: Detector;

  constructor(detector: Detector) {
    this.detector = {
      mayHoldFrame: (text) => {
        const stop = this.start('prefilterMs');
        const isPromising = detector.mayHoldFrame(text);
        stop();
        return isPromising;
      },
      findCandidates: async (document) => {
        const stop = this.start('parseMs');
        return await detector.findCandidates(document).finally(stop);
      },
    };
  }

  async *reading(units: AsyncIterable<UnitInput>): AsyncGenerator<UnitInput> {
    let stop = this.start('readMs');
    for await (const unit of units) {
      stop();
      yield unit;
      stop = this.start('readMs');
    }
    stop();
  }

  private start(stage: keyof StageClock['spent']): () => void {
    const before = process.cpuUsage();
    return () => {
      const { user, system } = process.cpuUsage(before);
      this.spent[stage] += (user + system) / 1000;
    };
  }
}

function rateOf(runs: readonly ModelRun[]): number {
  return (1000 * sumOf(runs.map(({ tokens }) => tokens))) / sumOf(runs.map(({ ms }) => ms));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
