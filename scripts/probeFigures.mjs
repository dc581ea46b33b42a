// Figures of the linear probe in the pack.
import { fixed, markdown, result, withInterval } from './figureParts.mjs';

const probed = () => result('lab', 'results', 'probe', 'probe.json');

/** What the probe can tell, beside what needs no model. */
export function probe() {
  const { pools, baselines, chosen, texts, falsePositives, recall, seed, resamples } = probed();
  const row = (name, { pooled, meanSource, ownPairs }) => [
    name,
    withInterval(pooled),
    fixed(meanSource, 2),
    withInterval(ownPairs),
  ];
  const rows = [
    ...Object.entries(pools).map(([pool, areas]) =>
      row(`${pool} of the tokens${pool === chosen.pool ? ' (in the pack)' : ''}`, areas),
    ),
    ...Object.entries(baselines).map(([name, areas]) => row(name, areas)),
  ];
  return (
    `${markdown(['area under the curve', 'all texts', 'mean of sources', 'our own pairs'], rows)}\n\n` +
    `${texts.flagged} payloads against ${texts.others} fixes and pieces of ordinary code from ${texts.sources} sources, each scored ` +
    `by a probe that had not seen its source; of our own, ${texts.ownPairs} payloads beside their fixes. 95 % intervals, ${resamples} draws ` +
    `of texts, seed ${seed}. At the threshold that ${fixed(100 * falsePositives, 0)} % of the others exceed, the probe finds ` +
    `${fixed(100 * recall, 0)} % of the payloads.`
  );
}

/** What framings do to it. */
export function framings() {
  const { framings, samples, firing } = probed();
  const rows = Object.entries(framings).map(([name, form]) => [
    name,
    withInterval(form.score),
    fixed(form.cosine.value, 2),
    fixed(form.entanglement.value, 2),
    `${withInterval(form.fooled)} of ${form.flaggedDirect}`,
    fixed(form.slip.value, 2),
    fixed(form.reverse.value, 2),
  ]);
  const head = ['framing', 'score', 'cosine', 'features kept', 'probe fooled', 'slip', 'reverse'];
  return (
    `${markdown(head, rows)}\n\nMeans over ${samples} samples, 95 % intervals. Cosine of the payload's mean activation with that of the ` +
    `direct form, both less the mean over all texts; features kept: Σ min / Σ max of activations. _Fooled_ and the columns behind it are ` +
    `shares of the texts whose direct form the probe flags; _slip_: fooled, and at least ${fixed(firing, 1)} of the features kept; _reverse_: not ` +
    `fooled, and less kept.`
  );
}
