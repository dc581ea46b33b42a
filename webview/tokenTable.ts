import { isSigned, lensDigits, type LensName, lensNames, lensValue } from '../src/analysis/lenses.js';
import type { TokenCell } from '../src/analysis/tokenCells.js';
import { visibleText } from '../src/analysis/visibleText.js';
import { element, fixed, signed, tableHead } from './dom.js';
import { rowsInFrames } from './rowsInFrames.js';

/** Units of the lenses, as head of a column and after a value. */
export const lensUnits: Record<LensName, string> = {
  teaches: 'nats per payload token',
  surprise: 'nats',
  probe: 'log-odds',
  feature: 'activation',
};
export const lensTitles: Record<LensName, string> = {
  teaches: 'What teaches',
  surprise: 'Surprise',
  probe: 'Probe',
  feature: 'Feature',
};

/** A column of a table of tokens: [cells]. */
export interface TokenColumn {
  readonly title: string;
  readonly cells: readonly (string | Node)[];
  /** Text that may be long, in place of a number. */
  readonly isText?: true;
}

/** What the measure says of a text's cells, through these lenses. */
export function measureColumns(cells: readonly TokenCell[], lenses: readonly LensName[]): TokenColumn[] {
  return lenses.map((lens) => ({
    title: `${lensTitles[lens]}, ${lensUnits[lens]}`,
    cells: cells.map((cell) => valueText(lens, cell) ?? (lens === 'probe' ? 'not read' : 'not predicted')),
  }));
}

/** Lenses whose values come with the measure, a feature is read apart; without that of the probe where the pack has none. */
export function measuredLenses(cells: readonly TokenCell[]): LensName[] {
  const hasProbe = cells.some((cell) => lensValue('probe', cell) !== undefined);
  return lensNames.filter((lens) => lens !== 'feature' && (lens !== 'probe' || hasProbe));
}

/** The values of a token map as a table. Its roles are spelled out: the style sheet lays its parts out as blocks. */
export function tokenTable(
  name: string,
  text: string,
  cells: readonly TokenCell[],
  columns: readonly TokenColumn[],
): HTMLElement {
  const head = tableHead(['Token', 'Part', ...columns.map(({ title }) => title)]);
  const table = element('table', 'tokenValues', element('caption', '', name), head);
  [table.role, table.ariaLabel, head.role] = ['table', name, 'rowgroup'];
  const widths = [6, 4.5, ...columns.map(({ isText }) => (isText ? 11 : 6.8))];
  table.style.setProperty('--columns', widths.map((least) => `minmax(${least}em, ${least}fr)`).join(' '));
  // Of its own: what is left out of layout does not widen it.
  table.style.minWidth = `${widths.reduce((a, b) => a + b)}em`;
  withRoles(head.rows[0]!, 'columnheader');
  rowsInFrames(table, cells.length, (index) => {
    const cell = cells[index]!;
    const row = element(
      'tr',
      '',
      element('td', 'code', oneLine(text.slice(cell.start, cell.end))),
      element('td', '', cell.part),
      ...columns.map((column) => element('td', column.isText ? 'code' : 'number', column.cells[index])),
    );
    return withRoles(row, 'cell');
  });
  return table;
}

function withRoles(row: HTMLTableRowElement, ofCells: string): HTMLElement {
  row.role = 'row';
  for (const cell of row.cells) cell.role = ofCells;
  return row;
}

/** What a lens says of a cell, without its unit; undefined where the model predicts nothing. */
export function valueText(lens: LensName, cell: TokenCell): string | undefined {
  const value = lensValue(lens, cell);
  if (value === undefined) return undefined;
  return isSigned(lens) ? signed(value, lensDigits(lens)) : fixed(value, lensDigits(lens));
}

/** A token's text in one line: white space by its sign. */
export function oneLine(text: string): string {
  return visibleText(text).replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '·');
}
