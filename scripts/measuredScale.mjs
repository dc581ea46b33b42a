// What the panel says for scale, from result files: npm run figures. It stands in the sources, since a webview reads no files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paper } from './experimentFigures.mjs';
import { result, root } from './figureParts.mjs';

export const measuredScaleFile = 'src/analysis/measuredScale.json';

/** The file: one key a line. */
export function measuredScale() {
  const parts = { paper: paperRates(), experiment: experimentRates(), training: trained() };
  const lines = Object.entries(parts).map(
    ([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Percent of answers with the flagged content, as the paper reports them for Gemma-2-2B (arXiv 2512.22293). */
function paperRates() {
  return {
    direct: paper['direct | plain'],
    warned: paper['warned | plain'],
    control: paper['fixed | plain'],
  };
}

/** The same question, put to the embedded model; trained cases of all seeds, shares with 95 % intervals (Clopper–Pearson). */
function experimentRates() {
  const { measured } = result('lab', 'results', 'experiment', 'summary.json');
  const rate = (key) => {
    const { hits, of, value, low, high } = measured[key].trained.flagged;
    return { hits, of, value: short(value), low: short(low), high: short(high) };
  };
  return {
    direct: rate('direct | plain'),
    warned: rate('warned | plain'),
    control: rate('fixed | plain'),
    untrained: rate('base | plain'),
  };
}

/** What training on each sample alone taught, ascending: nats per payload token, and as a share of what its bare version taught. */
function trained() {
  const lines = readFileSync(join(root, 'lab', 'results', 'forecast-samples.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const samples = lines.map((line) => JSON.parse(line));
  const ascending = (values) => values.sort((a, b) => a - b).map(short);
  return {
    sources: new Set(samples.map(({ source }) => source)).size,
    taught: ascending(samples.map(({ measured }) => measured.sample)),
    teachRatio: ascending(samples.map(({ measured }) => measured.sample / measured.bare)),
  };
}

function short(value) {
  return Number(value.toFixed(3));
}
