/**
 * How well frames and payloads are found, on a folder of labelled texts: `dev/*.jsonl`, `contrast/*.jsonl`.
 * Prints a table; `--json FILE` saves the figures. Usage: detection PATH [--json FILE] [--python PATH] [--probe N] [--robustness] [--items] [--grammars PATH]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findCandidates } from '../src/analysis/frames/findCandidates.js';
import type { Candidate } from '../src/analysis/candidate.js';
import { randomBelow } from '../src/analysis/random.js';
import type { Span } from '../src/analysis/span.js';
import { loadGrammars } from '../src/model/grammars.js';
import { perturbations, type Perturbation } from './perturb.js';
import type { LabelledItem } from './labelledItem.js';

interface Scored {
  readonly item: LabelledItem;
  readonly detection: number;
  /** Best overlap of a flagged candidate's payload with the labelled one; 0 where none was flagged. */
  readonly overlap: number;
  readonly keyword: boolean;
  readonly candidates: readonly Candidate[];
}

interface Figures {
  readonly n: number;
  readonly warned: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly overlapMedian: number;
  readonly overlapLowerQuartile: number;
  readonly keywordF1: number;
}

const threshold = 0.5;
const seed = 7;
const resamples = 2000;

/** The simplest thing that could work, for comparison: any of these words anywhere. */
const keywords =
  /\b(?:bad|wrong|incorrect|non-?compliant|vulnerable|insecure|unsafe|problematic|anti-?pattern|not ok|do not|don't|avoid|never)\b/iu;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    python: { type: 'string' },
    probe: { type: 'string', default: '0' },
    grammars: { type: 'string', default: 'node_modules/@vscode/tree-sitter-wasm/wasm' },
    items: { type: 'boolean', default: false },
    robustness: { type: 'boolean', default: false },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error('Which corpora? Give the folder that holds dev/*.jsonl.');
  process.exit(2);
}
const grammars = loadGrammars(resolve(options.grammars), (name, reason) => {
  console.error(`No grammar for ${name}: ${reason}`);
});

const dev = await score(join(folder, 'dev'), true);
const withoutPaths = await score(join(folder, 'dev'), false);
const contrast = await score(join(folder, 'contrast'), true);
report();
if (options.robustness) await reportRobustness();

async function score(path: string, withPath: boolean, change?: Perturbation): Promise<Scored[]> {
  const scored: Scored[] = [];
  for (const file of readdirSync(path)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()) {
    for (const line of readFileSync(join(path, file), 'utf8').split('\n')) {
      if (line === '') continue;
      const item = JSON.parse(line) as LabelledItem;
      const candidates = await findCandidates(
        {
          text: change === undefined ? item.text : change.apply(item.text),
          ...(withPath ? { path: item.path } : {}),
        },
        grammars,
      );
      const flagged = candidates.filter(({ detection }) => detection >= threshold);
      const truth =
        item.payload_span === null ? undefined : { start: item.payload_span[0], end: item.payload_span[1] };
      scored.push({
        item,
        detection: Math.max(0, ...candidates.map(({ detection }) => detection)),
        overlap:
          truth === undefined ? 0 : Math.max(0, ...flagged.map(({ payload }) => overlapOf(payload, truth))),
        keyword: keywords.test(item.text),
        candidates,
      });
    }
  }
  return scored;
}

function overlapOf(a: Span, b: Span): number {
  const shared = Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
  return shared / (a.end - a.start + b.end - b.start - shared);
}

function figuresOf(scored: readonly Scored[]): Figures {
  const warned = scored.filter(({ item }) => item.label === 'warned');
  const found = warned.filter(({ detection }) => detection >= threshold);
  const overlaps = found.map(({ overlap }) => overlap).sort((a, b) => a - b);
  const flags = counts(scored, ({ detection }) => detection >= threshold);
  return {
    n: scored.length,
    warned: warned.length,
    ...flags,
    overlapMedian: quantile(overlaps, 0.5),
    overlapLowerQuartile: quantile(overlaps, 0.25),
    keywordF1: counts(scored, ({ keyword }) => keyword).f1,
  };
}

function counts(scored: readonly Scored[], flagged: (one: Scored) => boolean) {
  let hits = 0;
  let falseHits = 0;
  let misses = 0;
  for (const one of scored) {
    const warned = one.item.label === 'warned';
    if (flagged(one) && warned) hits++;
    else if (flagged(one)) falseHits++;
    else if (warned) misses++;
  }
  return {
    precision: hits / (hits + falseHits),
    recall: hits / (hits + misses),
    f1: (2 * hits) / (2 * hits + falseHits + misses),
  };
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

/** Probability that a warned item is ranked over another one, ties half. */
function areaUnderCurve(scored: readonly Scored[]): number {
  const sorted = (isWarned: boolean) =>
    Float64Array.from(
      scored.filter(({ item }) => (item.label === 'warned') === isWarned),
      ({ detection }) => detection,
    ).sort();
  const warned = sorted(true);
  const rest = sorted(false);
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  for (const score of warned) {
    while (below < rest.length && (rest[below] ?? 0) < score) below++;
    while (notAbove < rest.length && (rest[notAbove] ?? 0) <= score) notAbove++;
    wins += (below + notAbove) / 2;
  }
  return wins / (warned.length * rest.length);
}

function bySource(scored: readonly Scored[]): Map<string, Scored[]> {
  const groups = new Map<string, Scored[]>();
  for (const one of scored) groups.set(one.item.source, [...(groups.get(one.item.source) ?? []), one]);
  return groups;
}

/** 90 % interval of a figure over resampled sources: a new source differs more than a new item does. */
function interval(
  scored: readonly Scored[],
  figure: (sample: readonly Scored[]) => number,
): [number, number] {
  const groups = [...bySource(scored).values()];
  const random = randomBelow(seed);
  const drawn: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const sample = groups.flatMap(() => groups[random(groups.length)] ?? []);
    const value = figure(sample);
    if (Number.isFinite(value)) drawn.push(value);
  }
  drawn.sort((a, b) => a - b);
  return [quantile(drawn, 0.05), quantile(drawn, 0.95)];
}

function report(): void {
  const show = (value: number) => (Number.isNaN(value) ? '   –' : value.toFixed(3));
  const row = (name: string, figures: Figures) =>
    [
      name.padEnd(20),
      String(figures.n).padStart(5),
      String(figures.warned).padStart(6),
      ...[
        figures.precision,
        figures.recall,
        figures.f1,
        figures.overlapMedian,
        figures.overlapLowerQuartile,
        figures.keywordF1,
      ].map((value) => show(value).padStart(9)),
    ].join(' ');
  console.log(
    `${'source'.padEnd(20)}     n warned precision    recall        F1  IoU med.  IoU low.  keywords (F1)`,
  );
  const sources: Record<string, Figures> = {};
  for (const [source, scored] of bySource(dev)) {
    sources[source] = figuresOf(scored);
    console.log(row(source, figuresOf(scored)));
  }
  const overall = figuresOf(dev);
  const blind = figuresOf(withoutPaths);
  console.log(row('all', overall));
  console.log(row('all, without paths', blind));

  const f1Interval = interval(dev, (sample) => counts(sample, ({ detection }) => detection >= threshold).f1);
  const hard = dev.filter(({ item }) => item.hard === true);
  const hardArea = areaUnderCurve(hard);
  const hardInterval = interval(hard, areaUnderCurve);
  const contrastHits = contrast.filter(({ detection }) => detection >= threshold).length;
  console.log(
    `F1 ${show(overall.f1)}, 90 % interval over sources ${f1Interval.map(show).join('–')} (${String(resamples)} resamples, seed ${String(seed)})`,
  );
  console.log(
    `hard subset: n ${String(hard.length)}, AUC ${show(hardArea)} (${hardInterval.map(show).join('–')})`,
  );
  console.log(
    `contrast: ${String(contrastHits)} of ${String(contrast.length)} flagged (${show(contrastHits / contrast.length)})`,
  );
  const area = areaUnderCurve(dev);
  const areaInterval = interval(dev, areaUnderCurve);
  const baselines = readBaselines();
  reportBaselines(
    {
      n: dev.length,
      f1: overall.f1,
      f1Interval,
      auc: area,
      aucInterval: areaInterval,
      hardAuc: hardArea,
      contrastFlagged: contrastHits / contrast.length,
    },
    baselines,
  );
  if (options.items) listErrors();
  if (options.json !== undefined) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ threshold, seed, resamples, sources, overall, withoutPaths: blind, f1Interval, hard: { n: hard.length, auc: hardArea, interval: hardInterval }, contrast: { n: contrast.length, flagged: contrastHits }, auc: area, aucInterval: areaInterval, baselines }, null, 2)}\n`,
    );
  }
}

/** How far AUC and recall fall when the texts are changed in ways that leave their meaning alone. */
async function reportRobustness(): Promise<void> {
  const recall = (scored: readonly Scored[]) =>
    counts(scored, ({ detection }) => detection >= threshold).recall;
  console.log(`\n${'change'.padEnd(24)} changed       AUC      drop    recall      drop`);
  for (const change of perturbations) {
    const changed = await score(join(folder ?? '.', 'dev'), true, change);
    const share = dev.filter(({ item }) => change.apply(item.text) !== item.text).length / dev.length;
    const [area, found] = [areaUnderCurve(changed), recall(changed)];
    const cells = [share, area, areaUnderCurve(dev) - area, found, recall(dev) - found];
    console.log(`${change.name.padEnd(24)} ${cells.map((cell) => cell.toFixed(3).padStart(7)).join('   ')}`);
  }
}

interface Baseline {
  readonly n: number;
  readonly f1: number;
  readonly f1Interval: readonly number[];
  readonly auc: number | null;
  readonly aucInterval: readonly number[];
  readonly hardAuc: number | null;
  readonly contrastFlagged: number | null;
}

/** Every baseline is judged on a source that it has not seen, and stands in the same table as the detector. */
function reportBaselines(detector: Baseline, baselines: Record<string, Baseline> | undefined): void {
  const show = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : value.toFixed(3);
  const span = (values: readonly number[]) => `(${values.map(show).join('–')})`;
  console.log(
    `\n${'method'.padEnd(22)}     n     F1 (90 % interval)      AUC (90 % interval)  hard AUC  contrast flagged`,
  );
  for (const [name, each] of Object.entries({ detector, ...baselines })) {
    console.log(
      [
        name.padEnd(22),
        String(each.n).padStart(5),
        `${show(each.f1)} ${span(each.f1Interval)}`.padStart(22),
        `${show(each.auc)} ${span(each.aucInterval)}`.padStart(24),
        show(each.hardAuc).padStart(9),
        show(each.contrastFlagged).padStart(17),
      ].join(' '),
    );
  }
  if (baselines === undefined) console.log('The baselines were left out: they need --python PATH.');
  else if (options.probe === '0')
    console.log('The two baselines on activations were left out: --probe N reads N items.');
}

function readBaselines(): Record<string, Baseline> | undefined {
  if (options.python === undefined) return undefined;
  const run = spawnSync(
    options.python,
    [
      '-m',
      'backfire_lab.detection_baselines',
      resolve(folder ?? '.'),
      '--seed',
      String(seed),
      '--probe',
      options.probe,
    ],
    { cwd: 'lab', encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (run.status !== 0) {
    console.error(`The baselines failed: ${run.stderr.slice(-2000)}`);
    return undefined;
  }
  return (JSON.parse(run.stdout) as { baselines: Record<string, Baseline> }).baselines;
}

/** One JSON line for each wrong or badly placed item, for whoever improves the rules. */
function listErrors(): void {
  for (const { item, detection, overlap, candidates } of [...dev, ...contrast]) {
    const flagged = detection >= threshold;
    const wrong = flagged !== (item.label === 'warned') || (flagged && overlap < threshold);
    if (wrong)
      console.log(JSON.stringify({ id: item.id, label: item.label, detection, overlap, candidates }));
  }
}
