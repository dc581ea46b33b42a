import type { TokenContribution } from '../src/analysis/measure/measureResult.js';
import type { ShownSample } from '../src/editor/panelMessages.js';
import { element, signed } from './dom.js';
import { type HeatCell, heatCells, strongest, totalOf } from './heatCells.js';
import { visibleText } from '../src/analysis/visibleText.js';

const partNames = { frame: 'frame', payload: 'payload', context: 'context' } as const;

/** The sample as a picture of what its tokens teach, a line that reads out one token, and the same as a table. */
export function heatMap(sample: ShownSample, tokens: readonly TokenContribution[]): HTMLElement {
  const cells = heatCells(sample, tokens);
  const scale = strongest(cells);
  const readout = element(
    'p',
    'readout',
    'Point at a token, or go there with the arrow keys, for its exact value.',
  );
  readout.setAttribute('role', 'status');
  const section = element('section', 'heat', element('h2', '', 'Which tokens teach'));
  section.append(
    legend(cells, scale),
    picture(sample.text, cells, scale, readout),
    readout,
    table(sample.text, cells),
  );
  return section;
}

function picture(text: string, cells: readonly HeatCell[], scale: number, readout: HTMLElement): HTMLElement {
  const map = element('div', 'tokens');
  map.tabIndex = 0;
  map.setAttribute('role', 'group');
  map.setAttribute(
    'aria-label',
    'Tokens of the sample, coloured by what each teaches. The table below holds the same values.',
  );
  const spans = cells.map((cell) => {
    const span = element('span', `token ${cell.part}`, visibleText(text.slice(cell.start, cell.end)));
    if (cell.taught !== undefined) {
      span.classList.add(cell.taught < 0 ? 'deters' : 'teaches');
      // The root spreads small values: most of a lesson sits in few tokens, and the others would all look alike.
      span.style.setProperty('--strength', Math.sqrt(Math.abs(cell.taught) / (scale || 1)).toFixed(3));
    }
    return span;
  });
  map.append(...spans);
  // Context comes first and may fill the view; once there is a layout, begin where the warning does.
  requestAnimationFrame(() => {
    const first = spans[cells.findIndex(({ part }) => part !== 'context')];
    if (first) map.scrollTop = first.offsetTop - map.offsetTop - 3 * first.offsetHeight;
  });

  let current = -1;
  const goTo = (index: number) => {
    spans[current]?.classList.remove('current');
    current = Math.min(Math.max(index, 0), spans.length - 1);
    spans[current]?.classList.add('current');
    const cell = cells[current];
    if (cell) readout.textContent = describe(text, cell);
  };
  map.addEventListener('mouseover', ({ target }) => {
    const index = spans.indexOf(target as HTMLSpanElement);
    if (index >= 0) goTo(index);
  });
  map.addEventListener('keydown', (event) => {
    const next = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: spans.length - 1 }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    goTo(next);
    spans[current]?.scrollIntoView({ block: 'nearest' });
  });
  return map;
}

function describe(text: string, cell: HeatCell): string {
  const value =
    cell.taught === undefined
      ? 'not predicted, so it teaches nothing'
      : `${signed(cell.taught, 4)} nats per payload token`;
  return `“${oneLine(text.slice(cell.start, cell.end))}” (${partNames[cell.part]}): ${value}`;
}

function legend(cells: readonly HeatCell[], scale: number): HTMLElement {
  const swatch = (className: string, text: string) =>
    element('span', 'key', element('span', `swatch ${className}`), text);
  const sums = (['payload', 'frame', 'context'] as const)
    .filter((part) => cells.some((cell) => cell.part === part))
    .map((part) => `${partNames[part]} ${signed(totalOf(cells, part))}`);
  return element(
    'div',
    'legend',
    swatch('teaches', `teaches, up to ${scale.toFixed(2)} a token`),
    swatch('deters', 'unteaches'),
    swatch('frame', 'frame'),
    swatch('payload', 'payload'),
    element('span', 'sums', `Together, in nats per payload token: ${sums.join(', ')}`),
  );
}

function table(text: string, cells: readonly HeatCell[]): HTMLElement {
  const details = element('details', '', element('summary', '', 'The same as a table'));
  // Built when it is first asked for: most people never open it, and a long sample has thousands of rows.
  details.addEventListener('toggle', () => details.append(tableOf(text, cells)), { once: true });
  return details;
}

function tableOf(text: string, cells: readonly HeatCell[]): HTMLElement {
  const header = ['Token', 'Part', 'Nats per payload token'].map((name) => {
    const cell = element('th', '', name);
    cell.scope = 'col';
    return cell;
  });
  const rows = cells.map((cell) =>
    element(
      'tr',
      '',
      element('td', 'code', oneLine(text.slice(cell.start, cell.end))),
      element('td', '', partNames[cell.part]),
      element('td', 'number', cell.taught === undefined ? 'not predicted' : signed(cell.taught, 4)),
    ),
  );
  return element(
    'table',
    '',
    element('caption', '', 'What each token of the sample teaches'),
    element('thead', '', element('tr', '', ...header)),
    element('tbody', '', ...rows),
  );
}

/** A token's text in one line: white space by its sign. */
function oneLine(text: string): string {
  return visibleText(text).replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '·');
}
