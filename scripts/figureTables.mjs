// Figures of the docs, from result files. A region `<!-- figures: NAME -->` … `<!-- end -->` holds what the table of that name says.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as experiment from './experimentFigures.mjs';
import * as ofForecast from './forecastFigures.mjs';
import { fixed, markdown, result, root, round, short } from './figureParts.mjs';
import { framings, probe } from './probeFigures.mjs';
import { remedies, remedyForecasts } from './remedyFigures.mjs';
import { matter, sae, saeAgreement, saeSweep } from './saeFigures.mjs';

/** Of docs/, those that have such regions. */
export const pages = ['science.md', 'scale.md', 'editor.md', 'corpora.md'];

const region = /<!-- figures: (\S+) -->\n[\s\S]*?<!-- end -->/g;

/** Name of a region → its Markdown. */
const tables = {
  rises: ofForecast.rises,
  forecast: ofForecast.forecast,
  forecastNatural: ofForecast.forecastNatural,
  levels: ofForecast.levels,
  noiseCeiling: ofForecast.noiseCeiling,
  kernelChoice: ofForecast.kernelChoice,
  kernelForms: ofForecast.kernelForms,
  calibration: ofForecast.calibration,
  ratios: ofForecast.ratios,
  remedies,
  remedyForecasts,
  fidelity,
  sae,
  saeAgreement,
  saeSweep,
  matter,
  probe,
  framings,
  experimentSetting: experiment.experimentSetting,
  experimentArms: experiment.experimentArms,
  experimentTaught: experiment.experimentTaught,
  experimentCaft: experiment.experimentCaft,
  experimentPrompting: experiment.experimentPrompting,
  experimentAblation: experiment.experimentAblation,
  experimentDiversity: experiment.experimentDiversity,
  experimentFramings: experiment.experimentFramings,
  detection,
  cascade,
  context,
  bench,
  scale,
  scaleSum,
  kills,
  editor,
};

/** The text with every region filled from the results. Throws for a region that no table knows. */
export function withFigures(text) {
  return text.replace(region, (_, name) => {
    if (!(name in tables)) throw new Error(`no table is called ${name}`);
    return `<!-- figures: ${name} -->\n\n${tables[name]()}\n\n<!-- end -->`;
  });
}

function fidelity() {
  const { texts, languages, positions, meanKl, maxKl, fvu } = result('lab', 'results', 'fidelity.json');
  const n = `${positions} positions, ${texts} texts, ${languages} languages`;
  return markdown(
    ['what', 'figure', 'n'],
    [
      ['mean KL(reference ‖ product), next-token distributions, nats', meanKl.toExponential(1), n],
      ['largest KL at one position, nats', maxKl.toExponential(1), n],
      [
        `largest residual FVU at layers ${Object.keys(fvu).join(', ')}`,
        Math.max(...Object.values(fvu)).toExponential(1),
        n,
      ],
    ],
  );
}

function detection() {
  const {
    sources,
    overall,
    withoutPaths,
    f1Interval,
    auc,
    aucInterval,
    hard,
    contrast,
    baselines,
    resamples,
    seed,
  } = result('lab', 'results', 'detection', 'evaluation.json');
  const three = (value) => fixed(value, 3);
  const interval = (values) => values.map(three).join('–');
  const row = (
    name,
    { n, warned, precision, recall, f1, overlapMedian, overlapLowerQuartile, keywordF1 },
  ) => [
    name,
    n,
    warned,
    ...[precision, recall, f1, overlapMedian, overlapLowerQuartile, keywordF1].map(three),
  ];
  const bySource = markdown(
    [
      'source',
      'n',
      'warned',
      'precision',
      'recall',
      'F1',
      'IoU median',
      'IoU lower quartile',
      'keyword list, F1',
    ],
    [
      ...Object.entries(sources).map(([name, figures]) => row(name, figures)),
      row('**all**', overall),
      row('all, without file names', withoutPaths),
    ],
  );
  const method = (name, figures) => [
    name,
    `${three(figures.f1)} (${interval(figures.f1Interval)})`,
    `${three(figures.auc)} (${interval(figures.aucInterval)})`,
    three(figures.hardAuc),
    three(figures.contrastFlagged),
  ];
  const rules = {
    f1: overall.f1,
    f1Interval,
    auc,
    aucInterval,
    hardAuc: hard.auc,
    contrastFlagged: contrast.flagged / contrast.n,
  };
  const byMethod = markdown(
    ['method', 'F1', 'AUC', 'AUC, hard items', 'cut frames flagged'],
    [
      method('**rules**', rules),
      ...Object.entries(baselines).map(([name, figures]) => method(name, figures)),
    ],
  );
  const probe = baselines['mean-residual probe'];
  const fewer = probe ? ` (the two on activations read ${probe.n} of the texts)` : '';
  const about =
    `n = ${overall.n} texts${fewer}; hard items ${hard.n}; frames cut before their payload ${contrast.n}. Intervals: 90 %, ${resamples} resamples ` +
    `of whole sources, seed ${seed}. The baselines are judged on sources that they have not seen; the rules were written looking at these.`;
  return [bySource, '', byMethod, '', about].join('\n');
}

function cascade() {
  const { rounds, lines, stages } = result('lab', 'results', 'detection', 'cascade.json');
  const all = stages[0].tokens;
  const byStage = markdown(
    ['what is left', 'texts', 'MB', 'tokens', 'share of tokens', 'seconds for it'],
    stages.map(({ stage, texts, megabytes, tokens, seconds }) => [
      stage,
      texts,
      fixed(megabytes, 2),
      tokens,
      `${fixed((100 * tokens) / all, 1)} %`,
      seconds === 0 ? '' : fixed(seconds, 2),
    ]),
  );
  return `${byStage}\n\n${sectionsOf(lines)}\n\n${rounds} rounds, contenders by turns; median, least – greatest.`;
}

function context() {
  const { seed, full, rows } = result('lab', 'results', 'detection', 'context.json');
  const table = markdown(
    [
      'context, code units',
      'mean taught',
      'taught: rank correlation',
      'ratio: rank correlation',
      'same level',
    ],
    [
      [full, fixed(rows[0].taught.meanFull, 3), 1, 1, '100 %'],
      ...rows.map(({ budget, taught, teachRatio, sameLevel }) => [
        budget,
        fixed(taught.mean, 3),
        fixed(taught.rank, 2),
        fixed(teachRatio.rank, 2),
        `${fixed(100 * sameLevel, 0)} %`,
      ]),
    ],
  );
  return `${table}\n\nn = ${rows[0].taught.n} samples, drawn with seed ${seed}, against what ${full} code units give.`;
}

function bench() {
  const folder = join(root, 'bench', 'results');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => benchOf(JSON.parse(readFileSync(join(folder, name), 'utf8'))))
    .join('\n\n');
}

function scale() {
  return benchOf(result('bench', 'results', 'scale', 'amd-epyc-2-cores.json'));
}

function kills() {
  const { rows } = result('bench', 'results', 'scale', 'kills.json');
  return markdown(
    ['command', 'seed', 'kills', 'of these while it wrote', 'outputs that differed'],
    rows.map((row) => [row.command, row.seed, row.kills, row.whileWriting, row.differed]),
  );
}

function editor() {
  return benchOf(result('bench', 'results', 'editor', 'amd-epyc-2-cores.json'));
}

/** Terabytes, and candidates in a gigabyte where the corpus is no collection of warnings. */
const corpusTerabytes = [1, 10];
const sparseCandidates = [10, 1000];
/** On paper: two operations a weight and token, at a third of the dense bf16 peak of an A100. */
const gpuTokensPerSecond = (312e12 * 0.33) / (2 * 135e6);

function scaleSum() {
  // What each further second of the largest corpus reads.
  const textRate = result('bench', 'results', 'scale', 'amd-epyc-2-cores.json')
    .lines.filter(({ what }) => what.startsWith('from '))
    .at(-1).value.median;
  const { machine, lines } = result('bench', 'results', 'intel-r-xeon-r-processor-2-cores.json');
  // The line says how many distinct tokens its milliseconds are for.
  const run = lines.find(({ what }) => what.startsWith('all measures:'));
  const tokenRate = (1000 * Number(/(\d+) distinct/.exec(run.what)[1])) / run.value.median / machine.cores;
  const plan = result('bench', 'results', 'scale', 'dense-corpus.plan.json');
  const tokensOfCandidate = plan.tokens.value / plan.candidates.value;
  const dense = plan.candidates.value / (plan.bytes / 1e9);
  const rows = corpusTerabytes.flatMap((terabytes) =>
    [...sparseCandidates, dense].map((density) => {
      const tokens = terabytes * 1000 * density * tokensOfCandidate;
      const text = (terabytes * 1e6) / textRate / 3600;
      const model = tokens / tokenRate / 3600;
      return [
        `${terabytes} TB`,
        density === dense ? `${round(density)} (as dense as the folder below)` : density,
        tokens.toExponential(1),
        ...[text, model, (text + model) / 64 / 24, tokens / gpuTokensPerSecond / 3600].map(round),
      ];
    }),
  );
  const table = markdown(
    [
      'corpus',
      'candidates a GB',
      'tokens',
      'text, core-hours',
      'model, core-hours',
      'days on 64 cores',
      'model, GPU-hours',
    ],
    rows,
  );
  return (
    `${table}\n\nText at ${fixed(textRate, 1)} MB a second and core, the model at ${fixed(tokenRate, 0)} tokens a second and core ` +
    `(${machine.cpu}, both cores busy). ${fixed(tokensOfCandidate, 0)} tokens a candidate and the dense case: ${plan.candidates.value} candidates in ` +
    `${fixed(plan.bytes / 1e6, 1)} MB, every piece read. GPU-hours are on paper: an A100 at a third of 312 TFLOPS, 135 million weights, ` +
    `two operations a weight and token, ${round(gpuTokensPerSecond)} tokens a second.`
  );
}

function benchOf({ machine, rounds, lines }) {
  const often =
    typeof rounds === 'number'
      ? `${rounds} rounds`
      : `rounds: ${Object.entries(rounds)
          .map(([section, count]) => `${count} of “${section}”`)
          .join(', ')}`;
  const about = `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}; ${often}; contenders by turns; median, least – greatest.`;
  return `${about}\n\n${sectionsOf(lines)}`;
}

function sectionsOf(lines) {
  const target = (goal) =>
    goal === undefined ? '' : 'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
  const met = ({ value, target: goal }) => {
    if (goal === undefined) return '';
    return ('atMost' in goal ? value.median <= goal.atMost : value.median >= goal.atLeast)
      ? 'met'
      : '**missed**';
  };
  const sections = [...new Set(lines.map(({ section }) => section))].map((section) => {
    const own = lines.filter((line) => line.section === section && 'value' in line);
    const rows = own.map((line) => [
      line.what,
      `${short(line.value.median)} ${line.unit}`.trim(),
      `${short(line.value.low)} – ${short(line.value.high)}`,
      target(line.target),
      met(line),
    ]);
    return `**${section}**\n\n${markdown(['what', 'median', 'range', 'goal', ''], rows)}`;
  });
  return sections.join('\n\n');
}
