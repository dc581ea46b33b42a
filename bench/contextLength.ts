/**
 * What the measures would be with less context before frame and payload, on samples drawn from a folder of texts.
 * Usage: npm run bench -- --context FOLDER [--each N] [--json FILE]
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findCandidates } from '../src/analysis/frames/findCandidates.js';
import { measureSamples } from '../src/analysis/measure/measures.js';
import type { MeasureResult } from '../src/analysis/measure/measureResult.js';
import type { Sample } from '../src/analysis/sample.js';
import { sampleOf } from '../src/analysis/sampleWindow.js';
import type { Span } from '../src/analysis/span.js';
import { loadGrammars } from '../src/model/grammars.js';
import { LanguageModel } from '../src/model/languageModel.js';
import { loadPack } from '../src/model/pack.js';
import { readExamples } from './texts.js';

/** Code units kept before the first of frame and payload; the first is what the product keeps. */
const budgets = [300, 150, 80, 0] as const;
/** Longer samples cost much and say the same. */
const longest = 1500;
const decided = 0.5;
const seed = 7;

const { values: options } = parseArgs({
  options: {
    root: { type: 'string', default: '.' },
    context: { type: 'string' },
    each: { type: 'string', default: '8' },
    json: { type: 'string' },
  },
});
if (options.context === undefined) {
  console.error('Which texts? Give a folder: --context FOLDER');
  process.exit(2);
}
const inRoot = (...path: string[]) => resolve(options.root, ...path);
const folder = resolve(options.context);
const samples = await draw(Number(options.each));
const model = await LanguageModel.open(await loadPack(inRoot('models', 'smollm2-135m-instruct')));
const measured = new Map<number, MeasureResult[]>();
for (const budget of budgets)
  measured.set(
    budget,
    await measureSamples(
      model,
      samples.map((sample) => withContext(sample, budget)),
    ),
  );
report();

/** Of each folder inside `folder` so many samples whose context a budget can shorten, by chance. */
async function draw(each: number): Promise<Sample[]> {
  const grammars = loadGrammars(inRoot('dist', 'grammars'));
  const bySource = new Map<string, Sample[]>();
  for (const file of readExamples(folder)) {
    const source = file.path.slice(folder.length + 1).split('/')[0]!;
    const found = (await findCandidates(file, grammars)).filter(({ detection }) => detection >= decided);
    const fitting = found
      .map((candidate) => sampleOf(file, candidate).sample)
      .filter((sample) => sample.text.length <= longest && contextOf(sample) > budgets[1]);
    bySource.set(source, [...(bySource.get(source) ?? []), ...fitting]);
  }
  return [...bySource.values()].flatMap((list) => shuffled(list).slice(0, each));
}

/** In an order that depends on seed and text alone. */
function shuffled(list: readonly Sample[]): Sample[] {
  const hashOf = ({ text }: Sample): string => createHash('sha256').update(`${seed} ${text}`).digest('hex');
  const hashed = list.map((sample) => ({ sample, hash: hashOf(sample) }));
  return hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ sample }) => sample);
}

function contextOf({ frame, payload }: Sample): number {
  return Math.min(frame!.start, payload!.start);
}

function withContext(sample: Sample, budget: number): Sample {
  const first = contextOf(sample);
  const earliest = Math.max(0, first - budget);
  const lineBreak = earliest === 0 ? -1 : sample.text.indexOf('\n', earliest - 1);
  const start = lineBreak !== -1 && lineBreak < first ? lineBreak + 1 : earliest;
  const moved = (span: Span): Span => ({ start: span.start - start, end: span.end - start });
  return {
    text: sample.text.slice(start),
    frame: moved(sample.frame!),
    payload: moved(sample.payload!),
    language: sample.language,
  };
}

function report(): void {
  const rows = budgets.slice(1).map((budget) => ({
    budget,
    taught: agreement(budget, (result) => result.measures.taught?.value),
    teachRatio: agreement(budget, (result) => result.measures.teachRatio?.value),
    sameLevel: share(budget),
  }));
  for (const { budget, taught, teachRatio, sameLevel } of rows)
    console.log(
      `${budget} code units: taught rank correlation ${taught.rank.toFixed(2)}, mean ${taught.mean.toFixed(3)} for ${taught.meanFull.toFixed(3)}; ` +
        `ratio ${teachRatio.rank.toFixed(2)}; same level ${(100 * sameLevel).toFixed(0)} % (n ${taught.n})`,
    );
  if (options.json === undefined) return;
  const command = 'npm run bench -- --context FOLDER --json lab/results/detection/context.json';
  writeFileSync(
    resolve(options.json),
    `${JSON.stringify({ command, seed, full: budgets[0], rows }, null, 1)}\n`,
  );
}

type Measured = MeasureResult & { kind: 'measured' };

function pairs(budget: number): [Measured, Measured][] {
  const full = measured.get(budgets[0])!;
  return measured
    .get(budget)!
    .flatMap((less, i) =>
      less.kind === 'measured' && full[i]!.kind === 'measured'
        ? [[full[i], less] as [Measured, Measured]]
        : [],
    );
}

function agreement(budget: number, of: (result: Measured) => number | undefined) {
  const values = pairs(budget).flatMap(([full, less]) => {
    const [a, b] = [of(full), of(less)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  const column = (index: 0 | 1) => values.map((pair) => pair[index]);
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return {
    n: values.length,
    rank: correlation(ranks(column(0)), ranks(column(1))),
    meanFull: mean(column(0)),
    mean: mean(column(1)),
  };
}

function share(budget: number): number {
  const both = pairs(budget);
  return both.filter(([full, less]) => full.level === less.level).length / both.length;
}

/** Ranks from 0; equal values do not occur among measures. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const found = new Array<number>(values.length);
  order.forEach((index, rank) => (found[index] = rank));
  return found;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (a.length - 1) / 2;
  let [product, square] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    product += (a[i]! - mean) * (b[i]! - mean);
    square += (a[i]! - mean) ** 2;
  }
  return product / square;
}
