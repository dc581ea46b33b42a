import { type LensName, lensStrength, lensTone } from '../src/analysis/lenses.js';
import type { TokenCell } from '../src/analysis/tokenCells.js';
import { visibleText } from '../src/analysis/visibleText.js';
import { element } from './dom.js';
import { paintInSight } from './paintInSight.js';

/** Values of a text's cells as a lens tells them, [cells], and the greatest of all that are shown beside each other. */
export interface ShownValues {
  readonly lens: LensName;
  readonly values: readonly (number | undefined)[];
  readonly scale: number;
}

/** A text as its tokens, coloured through a lens. */
export interface TokenMap {
  readonly element: HTMLElement;
  /** Colours the tokens anew; what is compared stands as a line along their lower edge. */
  show(shown: ShownValues, compared?: ShownValues): void;
}

/** Told which cell is pointed at, by mouse or keyboard. */
type OnPoint = (index: number) => void;

export function tokenMap(
  name: string,
  text: string,
  cells: readonly TokenCell[],
  onPoint: OnPoint,
): TokenMap {
  const map = element('div', 'tokens');
  map.tabIndex = 0;
  map.setAttribute('role', 'group');
  map.setAttribute('aria-label', `${name}, token by token. The table below holds the same values.`);
  const spans = cells.map((cell, index) => {
    const span = element('span', `token ${cell.part}`, visibleText(text.slice(cell.start, cell.end)));
    span.dataset['index'] = String(index);
    return span;
  });
  map.append(...spans);
  // Context comes first and may fill the view; once there is a layout, begin where the warning does.
  requestAnimationFrame(() => {
    const first = spans[cells.findIndex(({ part }) => part !== 'context')];
    if (first) map.scrollTop = first.offsetTop - map.offsetTop - 3 * first.offsetHeight;
  });
  followPointer(map, spans, onPoint);
  const looks: Look[] = cells.map(({ part }) => ({ className: `token ${part}`, strength: '', compared: '' }));
  let wanted: (index: number) => Look = (index) => looks[index]!;
  const paint = paintInSight(map, spans, (index) => {
    const look = wanted(index);
    const before = looks[index]!;
    looks[index] = look;
    return change(spans[index]!, before, look);
  });
  return {
    element: element('div', 'map', element('h3', '', name), map),
    show(shown, compared) {
      wanted = (index) => lookOf(cells[index]!, index, shown, compared);
      paint();
    },
  };
}

/** What colours a token. */
interface Look {
  readonly className: string;
  /** Empty for none. */
  readonly strength: string;
  readonly compared: string;
}

function lookOf(
  { part }: TokenCell,
  index: number,
  { lens, values, scale }: ShownValues,
  compared: ShownValues | undefined,
): Look {
  const value = values[index];
  const other = compared?.values[index] ?? 0;
  const tone = value === undefined ? '' : ` ${lensTone(lens, value)}`;
  return {
    className: `token ${part}${tone}${other > 0 ? ' compared' : ''}`,
    strength: value === undefined ? '' : lensStrength(lens, value, scale).toFixed(3),
    compared: compared && other > 0 ? lensStrength(lens, other, compared.scale).toFixed(3) : '',
  };
}

/** Writes only what differs: each write costs the token a new style. */
function change(span: HTMLElement, before: Look, now: Look): boolean {
  const [tone, strength, compared] = [
    now.className !== before.className,
    now.strength !== before.strength,
    now.compared !== before.compared,
  ];
  if (tone) span.className = now.className;
  if (strength) span.style.setProperty('--strength', now.strength);
  if (compared) span.style.setProperty('--compared', now.compared);
  return tone || strength || compared;
}

function followPointer(map: HTMLElement, spans: readonly HTMLElement[], onPoint: OnPoint): void {
  let current = -1;
  const goTo = (index: number) => {
    spans[current]?.removeAttribute('data-current');
    current = Math.min(Math.max(index, 0), spans.length - 1);
    spans[current]?.setAttribute('data-current', '');
    if (spans[current]) onPoint(current);
  };
  map.addEventListener('mouseover', ({ target }) => {
    const index = target instanceof HTMLElement ? target.dataset['index'] : undefined;
    if (index !== undefined) goTo(Number(index));
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
}
