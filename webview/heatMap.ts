import { type LensName, lensNames, lensScale, lensTotal } from '../src/analysis/lenses.js';
import { bareCut, bareVersion } from '../src/analysis/measure/versions.js';
import type { MeasureResult } from '../src/analysis/measure/measureResult.js';
import { type TokenCell, tokenCells } from '../src/analysis/tokenCells.js';
import type { ShownSample } from '../src/editor/panelMessages.js';
import { element, fixed, signed } from './dom.js';
import { lensTitles, lensUnits, oneLine, tokenTable, valueText } from './tokenTable.js';
import { tokenMap } from './tokenMap.js';
import { button, radioGroup } from './toolkit.js';

/** What the heat map needs of the panel around it. */
export interface HeatMapActions {
  readonly lens: LensName;
  readonly onLens: (lens: LensName) => void;
  readonly onShowInEditor: (lens: LensName) => void;
}

/** A version of the sample with its cells. */
interface Version {
  readonly name: string;
  readonly text: string;
  readonly cells: readonly TokenCell[];
}

/**
 * The sample beside its bare version, token by token, through a lens that a person chooses; a line that reads out one token;
 * and the same as tables.
 */
export function heatMap(
  sample: ShownSample,
  result: MeasureResult & { kind: 'measured' },
  actions: HeatMapActions,
): HTMLElement {
  const versions = versionsOf(sample, result);
  const readout = element(
    'p',
    'readout',
    'Point at a token, or go there with the arrow keys, for its exact values.',
  );
  readout.setAttribute('role', 'status');
  const maps = versions.map(({ name, text, cells }) =>
    tokenMap(name, text, cells, (index) => (readout.textContent = describe(name, text, cells[index]!))),
  );
  const legend = element('div', 'legend');
  let { lens } = actions;
  const show = () => {
    // One scale for both, so that a colour means the same in each.
    const scale = Math.max(...versions.map(({ cells }) => lensScale(lens, cells)));
    for (const map of maps) map.show(lens, scale);
    legend.replaceChildren(...legendOf(lens, scale, versions));
  };
  const choices = lensNames.map((value) => ({ value, text: lensTitles[value] }));
  const controls = element(
    'div',
    'controls',
    radioGroup('What colours the tokens', choices, lens, (value) => {
      lens = value;
      actions.onLens(lens);
      show();
    }),
    button('Show in the editor', 'secondary', () => actions.onShowInEditor(lens)),
  );
  show();
  return element(
    'section',
    'heat',
    element('h2', '', 'Token by token'),
    controls,
    legend,
    element('div', 'maps', ...maps.map((map) => map.element)),
    readout,
    tables(versions),
  );
}

function versionsOf(sample: ShownSample, result: MeasureResult & { kind: 'measured' }): Version[] {
  const { text } = sample;
  const whole = { name: 'Sample', text, cells: tokenCells(sample, result.tokens ?? []) };
  const measured = { ...sample, language: '' };
  const [bare, cut] = [bareVersion(measured), bareCut(measured)];
  if (!bare || !cut || !result.bareTokens) return [whole];
  // Tokens of the bare version are placed in the sample's text.
  const beside = (offset: number) =>
    offset <= cut.start ? offset : Math.max(cut.start, offset - (cut.end - cut.start));
  const tokens = result.bareTokens.map((token) => ({
    ...token,
    start: beside(token.start),
    end: beside(token.end),
  }));
  return [
    whole,
    { name: 'Bare version, without the frame', text: bare.text, cells: tokenCells(bare, tokens) },
  ];
}

function describe(name: string, text: string, cell: TokenCell): string {
  const values = lensNames.map((lens) => {
    const value = valueText(lens, cell);
    return value === undefined ? undefined : `${lensTitles[lens].toLowerCase()} ${value} ${lensUnits[lens]}`;
  });
  const known = values.filter((value) => value !== undefined);
  const said = known.length > 0 ? known.join(', ') : 'not predicted, so it teaches nothing';
  return `${name}: “${oneLine(text.slice(cell.start, cell.end))}” (${cell.part}): ${said}`;
}

function legendOf(lens: LensName, scale: number, versions: readonly Version[]): HTMLElement[] {
  const swatch = (className: string, text: string) =>
    element('span', 'key', element('span', `swatch ${className}`), text);
  const tones =
    lens === 'teaches'
      ? [swatch('teaches', `teaches, up to ${scale.toFixed(2)} a token`), swatch('deters', 'unteaches')]
      : [swatch('surprise', `surprises, up to ${scale.toFixed(1)} nats`)];
  return [
    ...tones,
    swatch('frame', 'frame'),
    swatch('payload', 'payload'),
    ...versions.map(({ name, cells }) => element('span', 'sums', `${name}: ${sumsOf(lens, cells)}`)),
  ];
}

/** Of what teaches the sum, in nats per payload token; of surprise the mean of a token. */
function sumsOf(lens: LensName, cells: readonly TokenCell[]): string {
  const parts = (['payload', 'frame', 'context'] as const).flatMap((part) => {
    const predicted = cells.filter((cell) => cell.part === part && cell.nll !== undefined).length;
    if (predicted === 0) return [];
    const total = lensTotal(lens, cells, part);
    return [`${part} ${lens === 'teaches' ? signed(total) : fixed(total / predicted)}`];
  });
  return `${parts.join(', ')} ${lens === 'teaches' ? 'nats per payload token' : 'nats a token'}`;
}

function tables(versions: readonly Version[]): HTMLElement {
  const details = element('details', '', element('summary', '', 'The same as tables'));
  // Built when they are first asked for: most people never open them, and a long sample has thousands of rows.
  details.addEventListener(
    'toggle',
    () => details.append(...versions.map(({ name, text, cells }) => tokenTable(name, text, cells))),
    { once: true },
  );
  return details;
}
