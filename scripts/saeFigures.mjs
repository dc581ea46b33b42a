// Figures of the sparse autoencoder in the pack.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fixed, markdown, result, root, withInterval } from './figureParts.mjs';

/** The name of the autoencoder in the pack, and so of its report. */
const shipped = () => result('lab', 'results', 'sae', 'shipped.json').name;

const report = () => result('lab', 'results', 'sae', `${shipped()}.json`);

export function sae() {
  const { configuration, domains, dead, control } = report();
  const names = Object.keys(domains);
  const row = (what, of, digits, from = domains) => [
    what,
    ...names.map((name) => (from[name] ? fixed(of(from[name]), digits) : '–')),
  ];
  const splice = (key) => (domain) => domain.splice[key];
  const rows = [
    row('variance explained', (d) => d.varianceExplained.all, 3),
    row('without massive dimensions', (d) => d.varianceExplained.withoutMassiveDimensions, 3),
    row('median over tokens', (d) => d.varianceExplained.medianToken, 3),
    row('mean L0', (d) => d.l0.mean, 1),
    row('L0, 5th percentile', (d) => d.l0.p5, 0),
    row('L0, 95th percentile', (d) => d.l0.p95, 0),
    [
      'Δ cross-entropy, nats',
      ...Object.values(domains).map(
        ({ splice: { deltaCrossEntropy, deltaError } }) =>
          `${fixed(deltaCrossEntropy, 3)} ± ${fixed(deltaError, 3)}`,
      ),
    ],
    row('mean absolute Δ of a token, nats', splice('meanAbsoluteDelta'), 3),
    row('KL(model ‖ spliced), nats', splice('kl'), 3),
    row('recovered against mean ablation', splice('recoveredAgainstMean'), 4),
    row('recovered against zero ablation', splice('recoveredAgainstZero'), 4),
    row('dense (above 10 % of tokens)', (d) => d.denseShare, 4),
    ...(control
      ? [
          row('control: variance explained', (d) => d.varianceExplained.all, 3, control.domains),
          row('control: mean L0', (d) => d.l0.mean, 1, control.domains),
          row(
            `control: variance explained by the ${control.configuration.k} strongest`,
            (d) => d.choice.varianceExplained.strongest,
            3,
            control.domains,
          ),
        ]
      : []),
    names.reduce((cells, name) => [...cells, domains[name].tokens.toLocaleString('en')], ['tokens']),
  ];
  const { layer, width, k, variant, tokens, seed, shards, finetune } = configuration;
  const afterwards = finetune ? `, then ${(finetune.tokens / 1e6).toFixed(1)}M of fine-tuning` : '';
  return (
    `${markdown(['held out', ...names], rows)}\n\nLayer ${layer}, width ${width.toLocaleString('en')}, ${variant}, K = ${k}, ` +
    `seed ${seed}, ${(tokens / 1e6).toFixed(1)}M tokens trained on, drawn from ${((shards * 65536) / 1e6).toFixed(1)}M${afterwards}. Dead in all ${dead.tokens.toLocaleString('en')} tokens: ${fixed(100 * dead.share, 2)} %.`
  );
}

export function saeAgreement() {
  const { agreement } = report();
  if (!agreement) return 'Not measured: one seed was trained.';
  const rows = [
    [`best partner with a cosine of at least ${agreement.cosine}`, fixed(agreement.matched, 3)],
    ['the same, each partner once', fixed(agreement.matchedOneToOne, 3)],
    ['median cosine of the best partner', fixed(agreement.medianBestCosine, 3)],
  ];
  return markdown(
    [`latents of two seeds, ${agreement.latents[0].toLocaleString('en')} of the first`, ''],
    rows,
  );
}

/** One change at a time; each figure is that of the worst of the three domains. */
export function saeSweep() {
  if (!existsSync(join(root, 'lab', 'results', 'sae', 'sweep.json'))) return 'Not measured.';
  const { base, heldOutTokens, rows } = result('lab', 'results', 'sae', 'sweep.json');
  const named = (change) =>
    Object.entries(change)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ') || 'none';
  const least = (of) => Math.min(...Object.values(of));
  const most = (of) => Math.max(...Object.values(of));
  const table = markdown(
    ['change', 'Δ cross-entropy', 'recovered against mean', 'variance explained', 'mean L0', 'dead'],
    rows.map((row) => [
      named(row.change),
      fixed(most(row.deltaCrossEntropy), 3),
      fixed(least(row.recoveredAgainstMean), 4),
      fixed(least(row.varianceExplained), 3),
      fixed(most(row.meanL0), 1),
      `${fixed(100 * row.deadShare, 2)} %`,
    ]),
  );
  const { layer, width, k, variant, rate, seed, tokens } = base;
  return (
    `${table}\n\nChanged from: layer ${layer}, width ${width.toLocaleString('en')}, K ${k}, ${variant}, rate ${rate}. ` +
    `Each trained on ${(tokens / 1e6).toFixed(1)}M tokens, seed ${seed}; the worst of the three domains, up to ${heldOutTokens.toLocaleString('en')} tokens of each.`
  );
}

export function matter() {
  const { samples, fdr, tested, discoveries, chosen, alike, pairs, removal, draws, seed } = result(
    'lab',
    'results',
    'sae',
    'matter.json',
  );
  const table = markdown(
    ['larger on the payload than on its fix', 'warned', 'bare'],
    Object.entries(pairs).map(([name, { warned, bare }]) => [name, withInterval(warned), withInterval(bare)]),
  );
  const loss = markdown(
    ['lost by removing', 'log p(payload), nats a token', 'taught, nats per payload token'],
    [
      ['chosen features', 'chosen'],
      ['as many others of like activation', 'others'],
      ['difference', 'difference'],
    ].map(([name, of]) => [name, withInterval(removal.logP[of], 3), withInterval(removal.taught[of], 3)]),
  );
  return (
    `${table}\n\n${loss}\n\n${tested} features tested on ${samples.first} samples, ${discoveries} pass at FDR ${fdr}; ${chosen.length} are taken. ` +
    `On the other ${samples.second} samples, from which all figures are, ${chosen.filter(({ pSecond }) => pSecond < 0.05).length} of them have p < 0.05 again, ` +
    `and Σ min / Σ max of their activation, warned against bare, is ${fixed(alike, 2)}. Intervals: 95 %, ${draws} draws of samples, seed ${seed}.`
  );
}
