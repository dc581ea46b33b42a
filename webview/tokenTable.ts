import { lensDigits, type LensName, lensNames, lensValue } from '../src/analysis/lenses.js';
import type { TokenCell } from '../src/analysis/tokenCells.js';
import { visibleText } from '../src/analysis/visibleText.js';
import { element, fixed, signed } from './dom.js';

/** Units of the lenses, as head of a column and after a value. */
export const lensUnits: Record<LensName, string> = {
  teaches: 'nats per payload token',
  surprise: 'nats',
};
export const lensTitles: Record<LensName, string> = { teaches: 'What teaches', surprise: 'Surprise' };

/** The values of a token map as a table. */
export function tokenTable(name: string, text: string, cells: readonly TokenCell[]): HTMLElement {
  const heads = ['Token', 'Part', ...lensNames.map((lens) => `${lensTitles[lens]}, ${lensUnits[lens]}`)];
  const header = heads.map((title) => {
    const cell = element('th', '', title);
    cell.scope = 'col';
    return cell;
  });
  const rows = cells.map((cell) =>
    element(
      'tr',
      '',
      element('td', 'code', oneLine(text.slice(cell.start, cell.end))),
      element('td', '', cell.part),
      ...lensNames.map((lens) => element('td', 'number', valueText(lens, cell) ?? 'not predicted')),
    ),
  );
  return element(
    'table',
    'values',
    element('caption', '', name),
    element('thead', '', element('tr', '', ...header)),
    element('tbody', '', ...rows),
  );
}

/** What a lens says of a cell, without its unit; undefined where the model predicts nothing. */
export function valueText(lens: LensName, cell: TokenCell): string | undefined {
  const value = lensValue(lens, cell);
  if (value === undefined) return undefined;
  return lens === 'teaches' ? signed(value, lensDigits(lens)) : fixed(value, lensDigits(lens));
}

/** A token's text in one line: white space by its sign. */
export function oneLine(text: string): string {
  return visibleText(text).replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '·');
}
