import type { Interval } from '../corpus/forecast.js';
import type { Plan } from '../corpus/plan.js';
import { bytesText } from './byteSize.js';
import { terminalLine } from './terminalText.js';

const cores = [1, 8, 64];

/** A forecast for a person. */
export function planText(plan: Plan): string {
  const { paths, files, bytes, pieces, sampled, seed, stages, coreHours, tokensPerSecond } = plan;
  const counts: readonly [string, Interval][] = [
    ['documents', plan.documents],
    ['candidates', plan.candidates],
    ['tokens to the model', plan.tokens],
  ];
  const hours: readonly [string, Interval][] = [
    ['reading', stages.read],
    ['prefilter', stages.prefilter],
    ['parsing', stages.parse],
    ['model', stages.measure],
    ['core-hours in all', coreHours],
  ];
  const lines = [
    `${paths.join(' ')}: ${files} files, ${bytesText(bytes)}`,
    `read: ${sampled.pieces} of ${pieces} pieces (files, or 1 MiB of JSONL), ${bytesText(sampled.bytes)}, seed ${seed}`,
    '',
    row('', 'forecast', '90 % interval'),
    ...counts.map(([name, each]) => intervalRow(name, each, countText)),
    ...hours.map(([name, each]) => intervalRow(name, each, hoursText)),
    '',
    tokensPerSecond === undefined
      ? 'nothing was found that the model would read'
      : `the model reads ${whole(tokensPerSecond)} tokens a second on one core`,
    ...cores.map((count) => {
      const [value, low, high] = [coreHours.value, coreHours.low, coreHours.high].map((each) =>
        durationText(each / count),
      );
      return `${String(count).padStart(3)} ${count === 1 ? 'core ' : 'cores'}  ${value} (${low} to ${high})`;
    }),
  ];
  return `${lines.map((line) => terminalLine(line).trimEnd()).join('\n')}\n`;
}

function intervalRow(name: string, { value, low, high }: Interval, text: (value: number) => string): string {
  return row(name, text(value), `${text(low)} to ${text(high)}`);
}

function row(name: string, value: string, interval: string): string {
  return `${name.padEnd(20)}  ${value.padStart(14)}  ${interval}`;
}

/** Three digits are more than a forecast is good for. */
function whole(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

function countText(count: number): string {
  return whole(Math.round(count));
}

function hoursText(hours: number): string {
  return hours === 0 ? '0' : hours >= 0.001 ? whole(hours) : hours.toExponential(1);
}

function durationText(hours: number): string {
  if (hours < 1 / 60) return `${(hours * 3600).toPrecision(2)} s`;
  if (hours < 1) return `${(hours * 60).toPrecision(2)} min`;
  return hours < 48
    ? `${hours.toPrecision(2)} h`
    : `${Number((hours / 24).toPrecision(2)).toLocaleString('en')} days`;
}
