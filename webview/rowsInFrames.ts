import { element } from './dom.js';

/** Rows of a frame, and of a body: some milliseconds with their layout. */
const aFrame = 40;

/**
 * Fills a table: the first rows at once, the others frame by frame for as long as it is in the document, so that thousands of them
 * keep no key press or click waiting. Each frame's have a body of their own, which the style sheet can leave out of layout while it
 * is out of sight.
 */
export function rowsInFrames(table: HTMLElement, count: number, row: (index: number) => HTMLElement): void {
  let next = 0;
  const fill = () => {
    const rows = Array.from({ length: Math.min(aFrame, count - next) }, () => row(next++));
    const body = element('tbody', '', ...rows);
    body.role = 'rowgroup';
    table.append(body);
    table.ariaBusy = next < count ? 'true' : null;
    if (next < count)
      requestAnimationFrame(() => {
        if (table.isConnected) fill();
      });
  };
  fill();
}
