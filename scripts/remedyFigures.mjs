// Remedies as measured: the table of the docs, and what the product quotes of it.
import { fixed, markdown, result } from './figureParts.mjs';

const measured = () => result('lab', 'results', 'ground-truth', 'remedies.json');

/** Minus zero is zero. */
const whole = (share) => (Math.round(100 * share) || 0).toString().replace('-', '−');
const withInterval = ({ value, low, high }) => `${whole(value)} % (${whole(low)} to ${whole(high)})`;
const shares = ({ hits: [having, lacking], of }) =>
  `${whole(having / of)} %, not ${whole(lacking / of)} % of ${of}`;

const signed = (value) => {
  const size = fixed(Math.abs(value), 2);
  return Number(size) === 0 ? size : `${value < 0 ? '−' : '+'}${size}`;
};

const verdicts = { works: '**works**', fails: 'fails', unknown: 'not measured' };

export function remedies() {
  const { remedies: rows, resamples, seed, interval, rule } = measured();
  const table = markdown(
    [
      'remedy',
      'n',
      'cut, median',
      'cut, mean',
      'cuts at least half',
      'forecast: median, at least half (n)',
      'fault written',
      'payload preferred',
      'ordinary text, nats',
      '',
    ],
    rows.map(({ label, trained, written, verdict }) => [
      label,
      trained?.samples ?? '',
      ...(trained ? [trained.median, trained.mean, trained.halved].map(withInterval) : ['', '', '']),
      trained?.forecast
        ? `${whole(trained.forecast.median)} %, ${whole(trained.forecast.halved)} % (${trained.forecast.samples})`
        : '',
      written ? `${shares(written)}${besideControl(written)}` : '',
      written ? `${whole(written.prefers[0])} %` : '',
      written ? signed(written.ordinaryNll) : '',
      verdicts[verdict],
    ]),
  );
  const [, warned, untrained] = rows.find(({ written }) => written).written.prefers;
  return (
    `${table}\n\nOf the samples that teach more than ${rule.leastTaught} nats per payload token; ${100 * interval} % intervals, ` +
    `${resamples} draws of whole sources, seed ${seed}. _Fault written_: cases of the experiment, with the remedy and under the warning alone; ` +
    `_payload preferred_: likelier than its mend, under the warning alone in ${whole(warned)} %, untrained in ${whole(untrained)} %.`
  );
}

function besideControl({ control }) {
  return control ? `; random ones ${whole(control.hits / control.of)} %` : '';
}

/** How far off the forecasts of edits are, in one line. */
export function remedyForecasts() {
  const rows = measured().remedies.filter(({ trained }) => trained?.forecast);
  return markdown(
    ['edit', 'n', 'RMSE, nats per token', 'forecast less measured'],
    rows.map(({ label, trained: { forecast } }) => [
      label,
      forecast.samples,
      fixed(forecast.rmse, 2),
      signed(forecast.bias),
    ]),
  );
}

const rounded = (value) => Math.round(1000 * value) / 1000 || 0;

/** src/analysis/remedyEvidence.json: of every remedy that was measured, in the order of evidence, the figures that decided. */
export function remedyEvidence() {
  const rows = measured().remedies.filter(({ verdict }) => verdict !== 'unknown');
  const figure = ({ by, trained, written }) =>
    by === 'trained'
      ? { cut: rounded(trained.median.value), samples: trained.samples }
      : {
          written: rounded(written.hits[0] / written.of),
          otherwise: rounded(written.hits[1] / written.of),
          completions: written.of,
        };
  const evidence = rows.map((row) => ({
    name: row.name,
    label: row.label,
    works: row.verdict === 'works',
    by: row.by,
    ...figure(row),
  }));
  return `${JSON.stringify(evidence, null, 2)}\n`;
}
