import type { FeatureReading, ReadToken } from '../analysis/features/featureReading.js';
import type { BlockStyle } from './findingBlock.js';
import { columnsOf, fitColumns, terminalLine } from './terminalText.js';

type LabelOf = (latent: number) => string;

const widestToken = 20;
/** Of a label, before it is cut. */
const labelColumns = 26;

/** Tokens down, their strongest features beside them. */
export function featuresText(
  text: string,
  reading: FeatureReading,
  label: LabelOf,
  { columns, palette }: BlockStyle,
): string {
  const shown = reading.tokens.map((token) => tokenText(text, token));
  const width = Math.min(widestToken, Math.max(5, ...shown.map(columnsOf)));
  const room = columns - width - 14;
  const lines = reading.tokens.map((token, index) => {
    const name = fitColumns(shown[index]!, width);
    const padded = name + ' '.repeat(width - columnsOf(name));
    const active = token.active === undefined ? '' : String(token.active).padStart(6);
    return `  ${padded}  ${palette.faint(active)}  ${featureCells(token, label, room)}`.trimEnd();
  });
  const head = `  ${'token'.padEnd(width)}  ${reading.explained === undefined ? '' : 'active'}  feature, activation, label`;
  return [palette.faint(head), ...lines, '', ...summary(reading)].join('\n') + '\n';
}

function featureCells(token: ReadToken, label: LabelOf, room: number): string {
  if (token.isSink) return '(a sink: the model parks attention here, so no feature is read)';
  const cells = token.features.map(({ latent, value }) => {
    const named = fitColumns(terminalLine(label(latent)), labelColumns);
    return `${latent} ${value.toFixed(1)}${named === '' ? '' : ` ${named}`}`;
  });
  let line = '';
  for (const cell of cells) {
    const longer = line === '' ? cell : `${line} · ${cell}`;
    if (line !== '' && columnsOf(longer) > room) break;
    line = longer;
  }
  return line;
}

function summary({ tokens, explained, left }: FeatureReading): string[] {
  const lines: string[] = [];
  const sinks = tokens.filter(({ isSink }) => isSink).length;
  const explains =
    explained === undefined ? '' : `, the features explain ${explained.toFixed(2)} of the variance`;
  lines.push(`${tokens.length} tokens, ${sinks} without features${explains}`);
  if (left > 0) lines.push(`${left} tokens behind the model's window were not read`);
  return lines;
}

function tokenText(text: string, { start, end }: ReadToken): string {
  return terminalLine(
    text.slice(start, end).replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '·'),
  );
}

export function featuresJson(text: string, reading: FeatureReading, label: LabelOf, pack: string) {
  return {
    type: 'features' as const,
    text,
    tokens: reading.tokens.map(({ features, ...token }) => ({
      ...token,
      features: features.map((feature) => ({ ...feature, label: label(feature.latent) })),
    })),
    ...(reading.explained === undefined ? {} : { explained: reading.explained }),
    ...(reading.left === 0 ? {} : { left: reading.left }),
    pack,
  };
}
