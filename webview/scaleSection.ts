import type { Estimate, Measures } from '../src/analysis/finding.js';
import {
  embeddedRates,
  type MeasuredRate,
  paperRates,
  placeAmong,
  quartilesOf,
  trainedSamples,
} from '../src/analysis/forScale.js';
import { element, fixed, tableHead } from './dom.js';

/** A forecast of the sample beside what training taught on others. */
interface ScaledMeasure {
  readonly name: string;
  /** Beginning of a sentence that ends with how many. */
  readonly says: string;
  readonly estimate: Estimate;
  readonly trained: readonly number[];
}

/**
 * What the figures of a sample are to be compared with: what training really taught on other samples, and what the paper and we
 * found after fine-tuning on many. Nothing without a forecast. A sample of another model has no place among those of this one.
 */
export function scaleSection(measures: Measures, byEmbeddedModel: boolean): HTMLElement[] {
  const { taught, teachRatio, calibrated } = measures;
  const scaled: ScaledMeasure[] = [];
  if (taught)
    scaled.push({
      name: 'Taught, nats per token',
      says: 'It is forecast to teach more than training taught on',
      estimate: taught,
      trained: trainedSamples.taught,
    });
  if (teachRatio)
    scaled.push({
      name: 'Teach ratio',
      says: 'Its teach ratio is greater than that of',
      estimate: teachRatio,
      trained: trainedSamples.teachRatio,
    });
  if (scaled.length === 0) return [];
  const isComparable = byEmbeddedModel && calibrated;
  return [
    element(
      'section',
      'forScale',
      element('h2', '', 'For scale'),
      element('p', '', isComparable ? placesText(scaled) : notComparable),
      trainedTable(scaled, isComparable),
      ratesTable(),
      element(
        'p',
        'note',
        'Rates of two models on different cases can be compared in their order, not in their size. How all of these were measured: docs/science.md.',
      ),
    ),
  ];
}

const notComparable =
  'This sample was measured with another model pack than the embedded one, of which our figures are: its own have no place among them.';

function placesText(scaled: readonly ScaledMeasure[]): string {
  const sentence = ({ says, estimate, trained }: ScaledMeasure) => {
    const { value, low, high, of } = placeAmong(trained, estimate);
    return `${says} ${value} of ${of} measured samples (between ${low} and ${high}, by its 90 % interval)`;
  };
  return scaled.map((each) => `${sentence(each)}.`).join(' ');
}

/** A column a measure: where the panel is narrow, rows of that many figures would not fit. */
function trainedTable(scaled: readonly ScaledMeasure[], isComparable: boolean): HTMLElement {
  const { sources, taught } = trainedSamples;
  const row = (name: string, of: (measure: ScaledMeasure) => string | HTMLElement) => [
    name,
    ...scaled.map(of),
  ];
  const own = [
    row('This sample (forecast)', ({ estimate }) => fixed(estimate.value)),
    row('Measured samples below it', ({ trained, estimate }) => {
      const { value, of } = placeAmong(trained, estimate);
      return `${value} of ${of}`;
    }),
  ];
  return table(
    `What training the embedded model on one warning-framed sample taught: ${taught.length} samples of ${sources} sources`,
    ['Figure', ...scaled.map(({ name }) => name)],
    [
      ...(isComparable ? own : []),
      ...['Lower quartile', 'Median', 'Upper quartile'].map((name, index) =>
        row(name, ({ trained }) => fixed(quartilesOf(trained)[index]!)),
      ),
      ...(isComparable ? [row('Quartiles and this sample', boxOf)] : []),
    ],
  );
}

function ratesTable(): HTMLElement {
  const row = (name: string, paper: number | undefined, { hits, of, value, low, high }: MeasuredRate) => {
    const percent = (share: number) => (100 * share).toFixed(0);
    const interval = `${percent(low)} to ${percent(high)}; ${hits} of ${of}`;
    return [name, paper === undefined ? '' : `${paper.toFixed(1)} %`, `${percent(value)} % (${interval})`];
  };
  return table(
    'Answers with the flagged content after fine-tuning on many texts',
    ['Trained on', 'Paper, Gemma-2-2B (arXiv 2512.22293)', 'Embedded model (95 % interval)'],
    [
      row('the payload alone (direct)', paperRates.direct, embeddedRates.direct),
      row('the payload under a warning', paperRates.warned, embeddedRates.warned),
      row('the control; ours: the mended code', paperRates.control, embeddedRates.control),
      row('nothing', undefined, embeddedRates.untrained),
    ],
  );
}

function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | HTMLElement)[])[],
): HTMLElement {
  const body = rows.map(([name, ...cells]) => {
    const head = element('th', '', name);
    head.scope = 'row';
    const cellOf = (cell: string | HTMLElement) =>
      element('td', typeof cell === 'string' ? 'number' : 'scale', cell);
    return element('tr', '', head, ...cells.map(cellOf));
  });
  return element(
    'table',
    '',
    element('caption', '', caption),
    tableHead(heads),
    element('tbody', '', ...body),
  );
}

/** A box from the lower to the upper quartile, and over it the sample with its interval. The rows above say the same in numbers. */
function boxOf({ trained, estimate: { value, low, high } }: ScaledMeasure): HTMLElement {
  const [lower, , upper] = quartilesOf(trained);
  const min = Math.min(trained[0]!, low);
  const max = Math.max(trained.at(-1)!, high);
  const at = (x: number) => (100 * (x - min)) / (max - min);
  const part = (className: string, from: number, to: number) => {
    const made = element('span', className);
    made.style.left = `${at(from).toFixed(2)}%`;
    made.style.width = `${(at(to) - at(from)).toFixed(2)}%`;
    return made;
  };
  const box = element(
    'span',
    'bar',
    part('fill', lower, upper),
    part('whisker', low, high),
    part('mark', value, value),
  );
  box.setAttribute('aria-hidden', 'true');
  return box;
}
