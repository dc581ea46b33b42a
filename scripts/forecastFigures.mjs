// What training taught, and how well it is forecast: tables of the docs.
import { fixed, markdown, result, withInterval } from './figureParts.mjs';

export function rises() {
  const { samples, sources, meanRise, ratioQuartiles } = result('lab', 'results', 'forecast.json');
  const table = markdown(
    ['trained on', 'mean rise, nats per payload token'],
    Object.entries(meanRise).map(([version, rise]) => [version, fixed(rise, 3)]),
  );
  const [low, median, high] = ratioQuartiles.map((value) => fixed(value, 2));
  return `${table}\n\nn = ${samples} samples of ${sources} sources. Measured teach ratio: median ${median}, quartiles ${low} and ${high}.`;
}

export function forecast() {
  const { samples, resamples, seed, calibration: fit, spearman } = result('lab', 'results', 'forecast.json');
  return (
    `${forecastTable(spearman)}\n\nn = ${samples} samples; 90 % intervals over resampled samples (${resamples}, seed ${seed}). ${leads(spearman)} ` +
    `Root mean squared error of _taught_ ${fixed(fit.rmse, 2)} nats per token; measured against forecast: slope ${fixed(fit.slope, 2)}.`
  );
}

/** Without the samples that were written for this project. */
export function forecastNatural() {
  const { samples, spearman } = result('lab', 'results', 'forecast.json').natural;
  return `${forecastTable(spearman)}\n\nn = ${samples} samples. ${leads(spearman)}`;
}

const whats = { pooled: 'pooled', warned: 'warned only', ratio: 'ratio' };

const forecastTable = (spearman) =>
  markdown(
    ['forecast by', ...Object.values(whats)],
    Object.entries(spearman).map(([name, values]) => [
      name === 'taught' ? '**taught**' : name,
      ...Object.keys(whats).map((what) => withInterval(values[what])),
    ]),
  );

/** By how much _taught_ is ahead of the best of those that it has no part in, for each what. */
function leads(spearman) {
  const others = Object.entries(spearman).filter(([name]) => !name.startsWith('taught'));
  const best = (what) => others.reduce((a, b) => (b[1][what].value > a[1][what].value ? b : a));
  const parts = Object.entries(whats).map(([what, title]) => {
    const [name, { lead }] = best(what);
    return `${title} ${withInterval(lead[what])} over “${name}”`;
  });
  return `The lead of _taught_ over the best of the others: ${parts.join('; ')}.`;
}

/** Of each framing of a payload, how well the ratio to its bare version is forecast. */
export function ratios() {
  const { framings, all, natural, resamples, seed } = result('lab', 'results', 'ratios.json');
  const row = (name, { texts, quartiles, spearman }) => [
    name,
    texts,
    quartiles.map((value) => fixed(value, 2)).join(', '),
    ...['taught', 'share'].map((by) => (spearman === null ? '' : withInterval(spearman[by]))),
  ];
  const table = markdown(
    ['framing', 'n', 'measured ratio, quartiles', 'forecast by taught', "by the payload's share of the text"],
    [
      ...Object.entries(framings).map(([framing, figures]) => row(framing, figures)),
      row('**all of these**', all),
      row('all of these, natural warnings alone', natural),
    ],
  );
  return `${table}\n\nSpearman's rank correlation with the measured ratio; 90 % intervals over resampled sources (${resamples}, seed ${seed}).`;
}

export function levels() {
  const found = result('lab', 'results', 'forecast.json').levels;
  return markdown(
    ['level', 'n', 'taught by training, median', 'nine of ten within'],
    Object.entries(found).map(([level, { samples, taught }]) => [
      level,
      samples,
      fixed(taught.median, 2),
      `${fixed(taught.low, 2)} to ${fixed(taught.high, 2)}`,
    ]),
  );
}

export function noiseCeiling() {
  const ceilings = result('lab', 'results', 'noise-ceiling.json');
  const { samples, samplesOfSeed, reliability, natural, resamples, seed } = ceilings;
  if (reliability === null)
    return `Not measured: n = ${samples} samples have been trained with two seeds or more.`;
  const rows = (name, { pooled, warned, ratio }) => {
    const parts = [pooled, warned, ratio];
    return [
      [`one seed with another${name}`, ...parts.map((part) => withInterval(part))],
      [`**ceiling of a forecast**${name}`, ...parts.map(({ ceiling }) => fixed(ceiling, 2))],
    ];
  };
  const ofNatural =
    natural.reliability === null ? [] : rows(`, natural (n = ${natural.samples})`, natural.reliability);
  const table = markdown(['', 'pooled', 'warned only', 'ratio'], [...rows('', reliability), ...ofNatural]);
  return `${table}\n\nn = ${samples} samples, of which the seeds were trained on ${samplesOfSeed.join(', ')}; 90 % intervals over resampled samples (${resamples}, seed ${seed}).`;
}

const kernelFigures = ({ pooled, warned, ratio, rmse, slope }) =>
  [pooled, warned, ratio, rmse, slope].map((value) => fixed(value, 2));

export function kernelChoice() {
  const { samples, sources, leavingSourcesOut, chosenWithout, layers } = result(
    'lab',
    'results',
    'kernel-choice.json',
  );
  const table = markdown(
    ['blocks after', 'constant', 'pooled', 'warned only', 'ratio', 'RMSE', 'slope'],
    [
      ...layers.map((row) => [row.layer, fixed(row.saturation, 4), ...kernelFigures(row)]),
      ['chosen without the source, too', '', ...kernelFigures(leavingSourcesOut)],
    ],
  );
  const choices = chosenWithout.map(({ layer, sources: count }) => `${layer} (${count} times)`).join(', ');
  return (
    `${table}\n\nn = ${samples} samples of ${sources} sources, each forecast with the constant that erred least on the other sources. ` +
    `By least error alone the layer would be ${choices}.`
  );
}

export function kernelForms() {
  const { samples, compared } = result('lab', 'results', 'kernel-choice.json');
  const table = markdown(
    ['gradients of', 'pooled', 'warned only', 'ratio', 'RMSE', 'slope', 'ratio, natural'],
    compared.map((row) => [row.name, ...kernelFigures(row), fixed(row.naturalRatio, 2)]),
  );
  return `${table}\n\nn = ${samples} samples; each with the constant that errs least on all of them, in the order of the error.`;
}

export function calibration() {
  const { samples, sources, covered, floor, ...shares } = result('lab', 'results', 'calibration.json');
  const row = (name, width, { share, part, leftOut: { coverage, worstSource, values } }) => [
    name,
    `± ${fixed(share, 3)} ${width}`,
    `${fixed(100 * part, 1)} %`,
    `${fixed(100 * coverage, 1)} %`,
    values,
    `${fixed(100 * worstSource.coverage, 0)} % (${worstSource.source}, n = ${worstSource.values})`,
  ];
  const table = markdown(
    ['forecast', 'interval', 'covers', 'covers, source left out', 'n', 'worst source of 5 or more'],
    [
      row('_taught_, of sample, bare and frame-only', `· (${floor} + taught)`, shares.taught),
      row('_teach ratio_', `/ (${floor} + taught of bare)`, shares.ratio),
    ],
  );
  return `${table}\n\nMade to cover ${100 * covered} % of sources left out; ${samples} samples of ${sources} sources, one seed.`;
}
