import type { Estimate, Measures } from '../src/analysis/finding.js';
import { element, fixed, signed, tableHead } from './dom.js';

/** One line of the table: a value, what it is to be compared with, and where it lies on a scale that both share. */
interface Row {
  readonly name: string;
  readonly meaning: string;
  readonly value: string;
  readonly interval: string;
  readonly bar?: Bar;
}

interface Bar {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly min: number;
  readonly max: number;
}

/** Measures beside their baselines; every picture stands in the row of the numbers that it shows. */
export function measureTable(measures: Measures): HTMLElement {
  const rows = [
    ...taughtRows(measures),
    ...ratioRows(measures),
    ...likelihoodRows(measures),
    ...probeRows(measures),
  ];
  const tokens = `${measures.payloadTokens} payload ${measures.payloadTokens === 1 ? 'token' : 'tokens'} measured.`;
  const note = measures.calibrated
    ? ''
    : ' Uncalibrated: the figures rank samples, they are not yet fitted to real training.';
  return element(
    'section',
    'measures',
    element('h2', '', 'Measures'),
    element(
      'table',
      '',
      tableHead(['Measure', 'Value', '90 % interval', 'On its scale']),
      element('tbody', '', ...rows.map(rowOf)),
    ),
    element('p', 'note', tokens + note),
  );
}

function taughtRows({ taught, taughtBare, taughtFrameOnly }: Measures): Row[] {
  const known = [taught, taughtBare, taughtFrameOnly].filter((each) => each !== undefined);
  const min = Math.min(0, ...known.map(({ low }) => low));
  const max = Math.max(...known.map(({ high }) => high), min + 1e-9);
  const row = (name: string, meaning: string, estimate: Estimate | undefined): Row[] =>
    estimate ? [{ name, meaning, ...estimateTexts(estimate), bar: { ...estimate, min, max } }] : [];
  return [
    ...row('Taught', 'by the sample, nats per token', taught),
    ...row('Taught, bare', 'baseline: the same without the frame', taughtBare),
    ...row('Taught, frame only', 'baseline: the same without the payload', taughtFrameOnly),
  ];
}

function ratioRows({ teachRatio }: Measures): Row[] {
  if (!teachRatio) return [];
  const max = Math.max(1, teachRatio.high);
  const bar = { ...teachRatio, min: Math.min(0, teachRatio.low), max };
  const meaning = 'taught / taught bare: 1, the warning is worthless; 0, it prevents the lesson';
  return [{ name: 'Teach ratio', meaning, ...estimateTexts(teachRatio), bar }];
}

function likelihoodRows({ spanNll, bareSpanNll, neutralNll, frameEffect }: Measures): Row[] {
  const known = [spanNll, bareSpanNll, neutralNll].filter((each) => each !== undefined);
  const max = Math.max(...known, 1e-9);
  const row = (name: string, meaning: string, value: number | undefined): Row[] =>
    value === undefined
      ? []
      : [
          {
            name,
            meaning,
            value: fixed(value),
            interval: '',
            bar: { value, low: value, high: value, min: 0, max },
          },
        ];
  const absorbs = 'log p with the frame − without: above 0, the frame makes the payload expected';
  return [
    ...row('Span NLL', 'of the payload in the sample, nats per token', spanNll),
    ...row('Span NLL, bare', 'baseline: without the frame', bareSpanNll),
    ...row('Span NLL, neutral', 'baseline: after nothing but an opened code block', neutralNll),
    ...(frameEffect === undefined
      ? []
      : [{ name: 'Frame effect', meaning: absorbs, value: signed(frameEffect), interval: '' }]),
  ];
}

/** Without a picture: zero is no end of their scale. */
function probeRows({ probe }: Measures): Row[] {
  if (!probe) return [];
  const row = (name: string, meaning: string, value: number): Row => ({
    name,
    meaning,
    value: signed(value),
    interval: '',
  });
  const flags = `log-odds that the payload is a bad example; it flags from ${signed(probe.threshold)} on`;
  return [row('Probe', flags, probe.sample), row('Probe, bare', 'baseline: without the frame', probe.bare)];
}

function estimateTexts({ value, low, high }: Estimate) {
  return { value: fixed(value), interval: `${fixed(low)} to ${fixed(high)}` };
}

function rowOf({ name, meaning, value, interval, bar }: Row): HTMLElement {
  const header = element('th', '', name, element('span', 'meaning', meaning));
  header.scope = 'row';
  return element(
    'tr',
    '',
    header,
    element('td', 'number', value),
    element('td', 'number', interval),
    element('td', 'scale', bar && barOf(bar)),
  );
}

/** A bar from zero to the value, and over it a line for the interval. Its row says the same in numbers. */
function barOf({ value, low, high, min, max }: Bar): HTMLElement {
  const at = (x: number) => `${((100 * (x - min)) / (max - min)).toFixed(2)}%`;
  const length = (from: number, to: number) => `${((100 * (to - from)) / (max - min)).toFixed(2)}%`;
  const fill = element('span', 'fill');
  fill.style.left = at(Math.min(0, value));
  fill.style.width = length(Math.min(0, value), Math.max(0, value));
  const whisker = element('span', 'whisker');
  whisker.style.left = at(low);
  whisker.style.width = length(low, high);
  const bar = element('span', 'bar', fill, ...(high > low ? [whisker] : []));
  bar.setAttribute('aria-hidden', 'true');
  return bar;
}
