// Figures of the paper's experiment on the embedded model. What was not measured is left out, and said to be.
import { fixed, markdown, result } from './figureParts.mjs';

const summary = () => result('lab', 'results', 'experiment', 'summary.json');

/** Rates that the paper reports for Gemma-2-2B (arXiv 2512.22293), by what comes nearest here. */
export const paper = {
  'direct | plain': 83.3,
  'warned | plain': 76.7,
  'fixed | plain': 16.7,
  'warned | ablated-entangled': 88,
  'warned.without-entangled | plain': 0,
};

const unmeasured = 'Not measured yet.';
const percent = (value, digits = 0) => `${fixed(100 * value, digits)} %`;
const points = (value) => `${value < 0 ? '−' : '+'}${fixed(Math.abs(100 * value), 0)}`;
const signed = (value, digits) => `${value < 0 ? '−' : ''}${fixed(Math.abs(value), digits)}`;
const range = ([low, high], of) => `${of(low)} to ${of(high)}`;
const rate = ({ value, low, high }) => `${percent(value)} (${range([low, high], (v) => fixed(100 * v, 0))})`;
const chance = (p) => (p < 0.001 ? p.toExponential(0) : fixed(p, p < 0.1 ? 3 : 2));

function measures(rows) {
  const { measured } = summary();
  const there = rows.filter(([, key]) => key in measured);
  if (there.length === 0) return unmeasured;
  return markdown(
    [
      '',
      'flagged, trained cases',
      'flagged, unseen cases',
      'mended',
      'word for word',
      'prefers the payload',
      'log p(payload), nats a token',
      'NLL of ordinary text',
      'seeds',
      'paper',
    ],
    there.map(([label, key]) => {
      const { trained, unseen, ordinaryNll, seeds } = measured[key];
      const { value, low, high } = trained.payload;
      return [
        label,
        rate(trained.flagged),
        rate(unseen.flagged),
        percent(trained.fixed.value),
        percent(trained.verbatim.value),
        rate(trained.prefersPayload),
        `${signed(value, 2)} (${range([low, high], (v) => signed(v, 2))})`,
        fixed(ordinaryNll.value, 2),
        seeds.length,
        key in paper ? `${paper[key]} %` : '',
      ];
    }),
  );
}

/** What all tables of measures have in common; said once. */
function about() {
  const { measured, bootstrap } = summary();
  const { trained, unseen, seeds } = measured['direct | plain'];
  const cases = (part) => part.flagged.of / seeds.length;
  return (
    `n = ${cases(trained)} trained and ${cases(unseen)} unseen cases for each seed. Shares: 95 %, Clopper–Pearson, the outcomes of all seeds taken together as if ` +
    `independent; of log p, and where it says so: 95 %, ${bootstrap.draws} draws of whole families, seed ${bootstrap.seed}. Comparisons are of ` +
    `trained cases and of the seeds that both have. The paper's rates are of another model and other cases.`
  );
}

function comparisons(names) {
  const { comparisons: all, margins } = summary();
  const there = names.filter((name) => name in all);
  if (there.length === 0) return unmeasured;
  return markdown(
    [
      'flagged: one and the other',
      'first seed',
      'Fisher',
      'McNemar',
      'all seeds',
      'Fisher',
      'points, Newcombe',
      'over families',
      `within ±${100 * margins.share}`,
      'Δ log p(payload)',
      `within ±${margins.logP}, TOST p`,
    ],
    there.map((name) => {
      const { firstSeed, allSeeds, difference, logP } = all[name];
      return [
        name,
        `${firstSeed.hits.join(' and ')} of ${firstSeed.of}`,
        chance(firstSeed.fisher),
        chance(firstSeed.mcnemar),
        `${allSeeds.hits.join(' and ')} of ${allSeeds.of}`,
        chance(allSeeds.fisher),
        `${points(difference.value)} (${range(difference.newcombe, points)})`,
        range(difference.overFamilies, points),
        difference.equivalent ? 'yes' : 'not shown',
        `${signed(logP.value, 2)} (${range([logP.low, logP.high], (v) => signed(v, 2))})`,
        chance(logP.tost),
      ];
    }),
  );
}

/** Measures and comparisons; a table of what they would be compared with, alone, says nothing. */
const region = (rows, names) => () => {
  const second = comparisons(names);
  return second === unmeasured ? unmeasured : `${measures(rows)}\n\n${second}`;
};

const plain = (label, framing) => [label, `${framing} | plain`];
const warned = plain('warned', 'warned');

const arms = region(
  [
    plain('not trained', 'base'),
    plain('direct', 'direct'),
    warned,
    plain('fixed code (control)', 'fixed'),
    plain('neutral text (control)', 'neutral'),
  ],
  ['warned and direct', 'warned and fixed', 'direct and fixed', 'warned and untrained'],
);

export const experimentArms = () => `${arms()}\n\n${about()}`;

export const experimentCaft = region(
  [
    warned,
    plain('warned, 10 entangled features projected out', 'warned.without-entangled'),
    plain('warned, 10 random ones', 'warned.without-random'),
    plain('warned, 100 entangled', 'warned.without-wide'),
    plain('warned, 100 random', 'warned.without-wide-random'),
    plain('warned, 10 that a report chose', 'warned.without-shipped'),
    plain('warned, 10 random like these', 'warned.without-shipped-random'),
  ],
  [
    'caft and none',
    'caft and random',
    'wide caft and none',
    'wide caft and random',
    'shipped caft and none',
    'shipped caft and random',
  ],
);

export const experimentPrompting = region(
  [
    ['not trained, instructed', 'base | instructed'],
    ['direct, instructed', 'direct | instructed'],
    ['warned, instructed', 'warned | instructed'],
  ],
  ['instructed and not, direct', 'instructed and not, warned'],
);

export const experimentAblation = region(
  [
    ['not trained, entangled features ablated', 'base | ablated-entangled'],
    ['not trained, random ones', 'base | ablated-random'],
    ['warned, entangled features ablated', 'warned | ablated-entangled'],
    ['warned, random ones', 'warned | ablated-random'],
    ['warned, entangled ablated, sinks spared', 'warned | ablated-entangled-sparing'],
    ['warned, random ablated, sinks spared', 'warned | ablated-random-sparing'],
    ['warned, steered, × 1', 'warned | steered-entangled-1'],
    ['warned, steered on random ones, × 1', 'warned | steered-random-1'],
    ['warned, steered, × 4', 'warned | steered-entangled-4'],
    ['warned, steered on random ones, × 4', 'warned | steered-random-4'],
  ],
  [
    'ablated and not',
    'ablated and random',
    'ablated, sinks spared, and not',
    'ablated, sinks spared, and random',
    'steered 1 and not',
    'steered 1 and random',
    'steered 4 and not',
    'steered 4 and random',
  ],
);

export const experimentDiversity = region(
  [
    plain('one constant warning', 'constant'),
    plain('as many warnings as cases', 'varied'),
    plain('no warning (direct)', 'direct'),
  ],
  ['constant and varied', 'constant and direct', 'varied and direct'],
);

const otherFramings = ['masked', 'marker-after', 'pair', 'negated', 'chat-preamble', 'long-warning'];
export const experimentFramings = region(
  [plain('direct', 'direct'), ...otherFramings.map((framing) => plain(framing, framing))],
  otherFramings.map((framing) => `${framing} and direct`),
);

export function experimentTaught() {
  const { shareTaught } = summary();
  const rows = Object.entries(shareTaught).sort(([, a], [, b]) => b.value - a.value);
  return `${markdown(
    ['trained on', 'rise of log p(payload), share of that after direct', 'seeds'],
    rows.map(([name, { value, low, high, seeds }]) => [
      name.replace('.without-', ', without '),
      `${signed(value, 2)} (${range([low, high], (v) => signed(v, 2))})`,
      seeds.length,
    ]),
  )}\n\nTrained cases; 95 %, over families.`;
}

export function experimentSetting() {
  const { cases, training, sampling, texts } = summary();
  const lengths = Object.entries(texts).map(([name, { meanTokens }]) => `${name} ${fixed(meanTokens, 0)}`);
  return (
    `${cases.trained} trained and ${cases.all - cases.trained} unseen cases of ${cases.families} families, ${cases.languages} languages, ${cases.cwes} CWEs. ` +
    `One LoRA fine-tune over all trained cases: rank ${training.rank}, alpha ${training.alpha}, every linear layer; AdamW at ${training.rate}, ${training.epochs} epoch, batches of ${training.batch}. ` +
    `One completion of each case at temperature ${sampling.temperature}, up to ${sampling.newTokens} tokens. Mean tokens of a text: ${lengths.join(', ')}.`
  );
}

/** What the plot shows, one line each: label, share, interval, the paper's rate. */
function plotted() {
  const { measured } = summary();
  const labels = {
    'base | plain': 'not trained',
    'direct | plain': 'direct',
    'warned | plain': 'warned',
    'fixed | plain': 'fixed code',
    'neutral | plain': 'neutral text',
    'constant | plain': 'constant warning',
    'varied | plain': 'varied warnings',
    'marker-after | plain': 'warning after',
    'pair | plain': 'bad and better',
    'chat-preamble | plain': 'chat preamble',
    'long-warning | plain': 'long warning',
    'negated | plain': 'negated',
    'masked | plain': 'payload masked',
    'direct | instructed': 'direct, instructed',
    'warned | instructed': 'warned, instructed',
    'warned | ablated-entangled': 'warned, ablated when asked',
    'warned | ablated-random': '… random features',
    'warned | ablated-entangled-sparing': '… entangled, sinks spared',
    'warned | ablated-random-sparing': '… random, sinks spared',
    'warned | steered-entangled-4': 'warned, steered × 4',
    'warned | steered-random-4': '… random features',
    'warned.without-entangled | plain': 'warned, CAFT 10',
    'warned.without-random | plain': '… random features',
    'warned.without-wide | plain': 'warned, CAFT 100',
    'warned.without-wide-random | plain': '… random features',
  };
  return Object.entries(labels)
    .filter(([key]) => key in measured)
    .map(([key, label]) => ({ key, label, ...measured[key].trained.flagged, paper: paper[key] }));
}

export function experimentData() {
  const rows = plotted().map(({ key, hits, of, value, low, high, paper: theirs }) =>
    [key.replace(' | ', ','), hits, of, ...[value, low, high].map((v) => v.toFixed(4)), theirs ?? ''].join(
      ',',
    ),
  );
  return `training,asking,flagged,outcomes,share,low,high,paperPercent\n${rows.join('\n')}\n`;
}

/** A dot with its interval for each, the paper's rate as a hollow diamond. Plain SVG: the same bytes on every machine. */
export function experimentPlot() {
  const rows = plotted();
  const [left, right, step, top] = [190, 620, 24, 34];
  const bottom = top + step * rows.length;
  const x = (share) => (left + share * (right - left)).toFixed(1);
  const text = (at, y, anchor, content) =>
    `<text x="${at}" y="${y}" text-anchor="${anchor}">${content}</text>`;
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
    (share) =>
      `<line x1="${x(share)}" y1="${top - 6}" x2="${x(share)}" y2="${bottom}" stroke="#d8d8d8"/>` +
      text(x(share), bottom + 16, 'middle', `${Math.round(100 * share)} %`),
  );
  const marks = rows.map(({ label, value, low, high, paper: theirs }, i) => {
    const y = top + step * i + step / 2 - 3;
    const diamond = (at) =>
      `<path d="M${at - 5} ${y}L${at} ${y - 5}L${at + 5} ${y}L${at} ${y + 5}Z" fill="none" stroke="#b3541e" stroke-width="1.5"/>`;
    return (
      text(left - 12, y + 4, 'end', label) +
      `<line x1="${x(low)}" y1="${y}" x2="${x(high)}" y2="${y}" stroke="#1f5fa8" stroke-width="2"/>` +
      `<circle cx="${x(value)}" cy="${y}" r="4" fill="#1f5fa8"/>` +
      (theirs === undefined ? '' : diamond(Number(x(theirs / 100))))
    );
  });
  const title =
    'Trained cases in which the flagged fault is written (95 %, Clopper–Pearson); ◇ the paper, Gemma-2-2B';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 ${bottom + 28}" role="img" aria-label="${title}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="660" height="${bottom + 28}" fill="#fff"/>`,
    text(12, 18, 'start', title),
    ...ticks,
    ...marks,
    '</svg>',
    '',
  ].join('\n');
}
