import type { Alternative, TokenAlternatives } from '../src/analysis/alternatives/sampleAlternatives.js';
import type { TokenCell } from '../src/analysis/tokenCells.js';
import { visibleText } from '../src/analysis/visibleText.js';
import type { PanelAlternatives } from '../src/editor/panelMessages.js';
import { element } from './dom.js';
import { oneLine, type TokenColumn } from './tokenTable.js';

/** What the model would have expected, by the place in a version's text where a cell begins. */
export type ExpectedTokens = ReadonlyMap<number, readonly Alternative[]>;

/** `place`: where an offset of the sample stands in the version. Of the bytes of one letter the first counts: it is what would stand there. */
export function expectedTokens(
  tokens: readonly TokenAlternatives[],
  place: (offset: number) => number,
): ExpectedTokens {
  const expected = new Map<number, readonly Alternative[]>();
  for (const { start, likeliest } of tokens) {
    const at = place(start);
    if (!expected.has(at)) expected.set(at, likeliest);
  }
  return expected;
}

/** What is read out of a cell; undefined where there is nothing to say. */
export function expectedLine(
  alternatives: PanelAlternatives,
  expected: ExpectedTokens,
  cell: TokenCell,
): HTMLElement | undefined {
  const line = (...content: (string | Node)[]) => element('span', 'expected', ...content);
  switch (alternatives.state) {
    case 'reading':
      return cell.nll === undefined ? undefined : line('Reading what the model would have expected…');
    case 'failed':
      return line(`What the model would have expected can’t be told: ${visibleText(alternatives.reason)}`);
    case 'unread':
    case 'none':
      return undefined;
    case 'read': {
      const likeliest = expected.get(cell.start);
      if (!likeliest || cell.nll === undefined) return undefined;
      return line('Likeliest here: ', ...listed(likeliest), `; this token ${ownProbability(cell)}`);
    }
  }
}

export function expectedColumns(expected: ExpectedTokens, cells: readonly TokenCell[]): TokenColumn[] {
  const likeliest = cells.map((cell) => {
    const known = cell.nll === undefined ? undefined : expected.get(cell.start);
    return known ? element('span', '', ...listed(known)) : 'not predicted';
  });
  return [
    { title: 'Probability', cells: cells.map((cell) => ownProbability(cell) ?? 'not predicted') },
    { title: 'Likeliest here', cells: likeliest, isText: true },
  ];
}

/** Each token by itself, so that text that runs the other way turns nothing round. */
function listed(likeliest: readonly Alternative[]): (string | Node)[] {
  return likeliest.flatMap(({ text, probability }, index) => [
    `${index === 0 ? '' : ', '}“`,
    element('bdi', '', oneLine(text)),
    `” ${percent(probability)}`,
  ]);
}

function ownProbability({ nll }: TokenCell): string | undefined {
  return nll === undefined ? undefined : percent(Math.exp(-nll));
}

function percent(share: number): string {
  if (share < 0.0005) return '< 0.1 %';
  return share > 0.9995 ? '> 99.9 %' : `${(100 * share).toFixed(1)} %`;
}
