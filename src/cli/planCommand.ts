import type { Sample } from '../analysis/sample.js';
import { modelTokens } from '../analysis/measure/modelTokens.js';
import { usualKinds } from '../analysis/levels.js';
import { type ModelRun, samplePieces } from '../corpus/forecast.js';
import { plan } from '../corpus/plan.js';
import { headerLine, type ScanHeader } from '../corpus/scanLine.js';
import { readTokenizer } from '../model/packTokenizer.js';
import { loadPack } from '../model/pack.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { planText } from '../report/planText.js';
import { terminalJson } from '../report/terminalText.js';
import { exitCode, type ExitCode, UsageError } from './exitCode.js';
import type { Host } from './host.js';
import { streamOutput } from './output.js';
import { ProgressLine } from './progressLine.js';

export interface PlanCommandOptions {
  readonly format: 'pretty' | 'json';
  readonly pieces: number;
  readonly seed: number;
  /** Tokens a second that are taken as given, instead of timing the model. */
  readonly rate?: number;
  readonly minDetection: number;
  readonly maxFileSize: number;
  readonly ignore: boolean;
  readonly textField?: string;
  readonly quiet?: boolean;
  readonly pack?: string;
}

/** Samples that the model is timed on, and how many of them go in one call. */
const timedSamples = 32;
const samplesOfCall = 8;

export async function planCommand(
  paths: readonly string[],
  options: PlanCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const packFolder = options.pack ?? host.defaultPackFolder;
  const pack = await loadPack(packFolder);
  const tokenizer = await readTokenizer(pack);
  const progress = new ProgressLine(host.stderr, {
    isQuiet: options.quiet === true,
    first: 'listing files …',
  });
  try {
    const { rate, seed } = options;
    const found = await plan({
      header: headerOf(paths, options, host.version, pack.label),
      detector: host.detector,
      tokenizer,
      pieces: options.pieces,
      seed,
      timeModel: (samples) =>
        rate === undefined
          ? timeModel(samplePieces(samples, timedSamples, seed), tokenizer, packFolder, host)
          : Promise.resolve([{ tokens: rate, ms: 1000 }]),
      signal: host.signal,
      onProgress: (text) => progress.update(text),
    });
    if (found === undefined) throw new UsageError('there is nothing to read under these paths');
    progress.stop();
    const text = options.format === 'json' ? `${terminalJson(found)}\n` : planText(found);
    await streamOutput(host.stdout).write(text);
    return exitCode.ok;
  } catch (error) {
    if (host.signal.aborted) return exitCode.interrupted;
    throw error;
  } finally {
    progress.stop();
  }
}

function headerOf(
  paths: readonly string[],
  { minDetection, maxFileSize, ignore, textField }: PlanCommandOptions,
  version: string,
  pack: string,
): ScanHeader {
  return headerLine({
    version,
    pack,
    packHash: '',
    paths: [...paths],
    options: {
      minLevel: 'none',
      kinds: [...usualKinds],
      minDetection,
      maxFileSize,
      ignoreFiles: ignore,
      ...(textField === undefined ? {} : { textField }),
    },
  });
}

/** On one thread, as many engines side by side would run. */
async function timeModel(
  samples: readonly Sample[],
  tokenizer: Tokenizer,
  packFolder: string,
  host: Host,
): Promise<ModelRun[]> {
  // Without samples there is nothing for the model to do, and no time of it.
  if (samples.length === 0) return [{ tokens: 1, ms: 0 }];
  const engine = host.startEngine({ packFolder, cache: false, threads: 1 });
  try {
    await engine.info();
    const runs: ModelRun[] = [];
    for (let at = 0; at < samples.length; at += samplesOfCall) {
      const call = samples.slice(at, at + samplesOfCall);
      const started = performance.now();
      await engine.measure(call, { signal: host.signal });
      const ms = performance.now() - started;
      const tokens = call.map((sample) => modelTokens(sample, (text) => tokenizer.encodeForModel(text)));
      runs.push({ tokens: tokens.reduce((sum, count) => sum + count, 0), ms });
    }
    return runs;
  } finally {
    await engine.dispose();
  }
}
