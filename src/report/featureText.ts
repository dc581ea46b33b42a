import { type FeatureIndex, type FeaturePage, filledBins } from '../model/featurePages.js';
import { barChart } from './barChart.js';
import type { BlockStyle } from './findingBlock.js';
import { terminalLine, wrapColumns } from './terminalText.js';

/** A page's tokens as text, and what is known of other features. */
export interface FeatureNames {
  readonly token: (id: number) => string;
  readonly label: (feature: number) => string;
}

/** A window of text with a feature's activations; `values` in hundredths of the strongest. */
export interface Example {
  readonly tokens: readonly string[];
  readonly values: readonly number[];
  /** Where it stands, or what it stands for. */
  readonly about: string;
}

const labelColumns = 13;

/** A feature's page for a person at a terminal. */
export function featureText(
  page: FeaturePage,
  index: FeatureIndex,
  names: FeatureNames,
  own: readonly Example[],
  style: BlockStyle,
): string {
  const { palette, columns } = style;
  const row = (name: string, texts: readonly string[]) =>
    texts.map((text, i) => `  ${palette.faint((i === 0 ? name : '').padEnd(labelColumns))}${text}`);
  const wrapped = (name: string, text: string) => row(name, wrapColumns(text, columns - labelColumns - 2));
  return (
    [
      palette.strong(`Feature ${page.id}: ${terminalLine(page.label.text)}`),
      ...wrapped('label', labelScore(page)),
      ...wrapped('density', densityText(page, index)),
      ...wrapped('likelier', logitText(page.logits.up, names)),
      ...wrapped('less likely', logitText(page.logits.down, names)),
      ...wrapped('neighbours', neighbourText(page, names)),
      '',
      palette.strong('Activations'),
      ...barChart(histogramBars(page, index), labelColumns, style),
      '',
      palette.strong('Examples'),
      ...[...examplesOf(page, names), ...own].map((each) => exampleLine(each, style)),
    ].join('\n') + '\n'
  );
}

export function labelScore({ label }: FeaturePage): string {
  const method =
    label.method === 'tokens' ? 'from the tokens that it fires at' : 'from tokens that it favours';
  const score =
    label.score === undefined
      ? 'not scored: it fires nowhere in the held-out text'
      : `as a test for where it fires, balanced accuracy ${label.score.toFixed(2)} on held-out windows (chance 0.50; ${label.windows} hold it)`;
  return `${method}; ${score}`;
}

export function densityText(
  { density, densityOfKind, strongest }: FeaturePage,
  { tokens }: FeatureIndex,
): string {
  const kinds = Object.entries(densityOfKind).map(([name, value]) => `${percent(value)} of ${name}`);
  return `fires at ${percent(density)} of ${tokens.training.toLocaleString('en')} tokens (${kinds.join(', ')}), at most ${strongest}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

/** A token for display: white space made visible. */
export function visibleToken(text: string): string {
  return text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '·');
}

function logitText([tokens, values]: FeaturePage['logits']['up'], names: FeatureNames): string {
  return tokens
    .map((id, i) => `${terminalLine(visibleToken(names.token(id)))} ${values[i]!.toFixed(2)}`)
    .join('  ');
}

function neighbourText({ neighbours: [features, cosines] }: FeaturePage, names: FeatureNames): string {
  return features
    .map((id, i) => terminalLine(`${id} ${names.label(id)} (cosine ${cosines[i]!.toFixed(2)})`))
    .join(' · ');
}

/** Empty bins at both ends left out. */
export function histogramBars({ histogram }: FeaturePage, { edges }: FeatureIndex) {
  const { first, counts } = filledBins(histogram);
  return counts.map((count, i) => ({ name: binName(first + i, edges), count }));
}

function binName(bin: number, edges: readonly number[]): string {
  if (bin === 0) return `below ${edges[0]!.toFixed(1)}`;
  const from = edges[bin - 1]!.toFixed(1);
  return bin === edges.length ? `from ${from}` : `${from}–${edges[bin]!.toFixed(1)}`;
}

export function examplesOf({ examples, max }: FeaturePage, names: FeatureNames): Example[] {
  return examples.map(({ tokens, values, quantile }) => ({
    tokens: tokens.map(names.token),
    values,
    about: `${quantile === 1 ? 'top' : `q ${quantile}`}, ${((max * Math.max(...values)) / 100).toFixed(1)}`,
  }));
}

function exampleLine({ tokens, values, about }: Example, { palette, columns }: BlockStyle): string {
  const most = Math.max(...values);
  const parts = tokens.map((token, i) => {
    const shown = terminalLine(token.replaceAll('\n', '⏎').replaceAll('\t', '⇥'));
    return values[i] === most ? palette.strong(`⟦${shown}⟧`) : values[i]! > 0 ? `[${shown}]` : shown;
  });
  const [line = ''] = wrapColumns(parts.join(''), columns * 2);
  return `  ${palette.faint(about.padEnd(labelColumns))}${line}`;
}
