import { element } from './dom.js';

/** Rows around the ones in sight that are there already, for scrolling by wheel. */
const margin = 6;

export interface VirtualRowsOptions {
  readonly name: string;
  /** CSS pixels; all rows have the same. */
  readonly rowHeight: number;
  readonly header: HTMLElement;
  /** A row's content; called anew whenever it comes into sight. */
  readonly row: (index: number) => HTMLElement;
  /** A key pressed on a row, but for those that move about; true when it was used. */
  readonly onKey: (index: number, key: string) => boolean;
}

/** A grid of which only the rows in sight are in the document. */
export interface VirtualRows {
  readonly element: HTMLElement;
  /** Draws all anew; the row that a person is at stays the one with this index. */
  show(count: number, at?: number): void;
}

export function virtualRows({ name, rowHeight, header, row, onKey }: VirtualRowsOptions): VirtualRows {
  const body = element('div', 'rows');
  body.setAttribute('role', 'rowgroup');
  const head = element('div', 'head', header);
  head.setAttribute('role', 'rowgroup');
  const grid = element('div', 'grid', head, body);
  grid.setAttribute('role', 'grid');
  grid.setAttribute('aria-label', name);
  const rows = new Map<number, HTMLElement>();
  let count = 0;
  let at = 0;

  const make = (index: number) => {
    const made = row(index);
    made.setAttribute('aria-rowindex', String(index + 2)); // The header is the first.
    made.style.top = `${index * rowHeight}px`;
    made.style.height = `${rowHeight}px`;
    made.tabIndex = index === at ? 0 : -1;
    made.addEventListener('focusin', () => goTo(index));
    rows.set(index, made);
    body.append(made);
  };
  const goTo = (index: number) => {
    if (index === at) return;
    rows.get(at)?.setAttribute('tabindex', '-1');
    at = index;
    rows.get(at)?.setAttribute('tabindex', '0');
  };
  const draw = () => {
    const inSight = Math.ceil(grid.clientHeight / rowHeight);
    const first = Math.max(0, Math.floor(grid.scrollTop / rowHeight) - margin);
    const last = Math.min(count, first + inSight + 2 * margin);
    for (const [index, made] of rows) {
      // The one that a person is at stays: with it the focus would go.
      if ((index >= first && index < last) || index === at) continue;
      made.remove();
      rows.delete(index);
    }
    for (let index = first; index < last; index++) if (!rows.has(index)) make(index);
    if (count > 0 && !rows.has(at)) make(at);
  };
  const move = (to: number) => {
    goTo(Math.min(Math.max(to, 0), count - 1));
    const top = at * rowHeight;
    const height = grid.clientHeight - head.offsetHeight;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + rowHeight > grid.scrollTop + height) grid.scrollTop = top + rowHeight - height;
    draw();
    rows.get(at)?.focus({ preventScroll: true });
  };

  grid.addEventListener('scroll', () => requestAnimationFrame(draw));
  grid.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || count === 0) return;
    const page = Math.max(1, Math.floor(grid.clientHeight / rowHeight) - 1);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: count - 1,
    }[event.key];
    if (to !== undefined) move(to);
    else if (!onKey(at, event.key)) return;
    event.preventDefault();
  });
  // A panel that was hidden has no height until it is shown.
  new ResizeObserver(draw).observe(grid);

  return {
    element: grid,
    show(all, index) {
      const hadFocus = body.contains(document.activeElement);
      count = all;
      at = Math.min(Math.max(index ?? at, 0), Math.max(0, count - 1));
      rows.clear();
      body.replaceChildren();
      body.style.height = `${count * rowHeight}px`;
      grid.setAttribute('aria-rowcount', String(count + 1));
      draw();
      if (hadFocus) rows.get(at)?.focus({ preventScroll: true });
    },
  };
}
