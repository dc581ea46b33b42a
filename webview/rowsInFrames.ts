/** Rows of a frame: some milliseconds with their layout. */
const aFrame = 150;

/**
 * Fills the body of a table: the first rows at once, the others frame by frame for as long as it is in the document, so that
 * thousands of them keep no key press or click waiting.
 */
export function rowsInFrames(count: number, row: (index: number) => HTMLElement): HTMLElement {
  const body = document.createElement('tbody');
  let next = 0;
  const fill = () => {
    const until = Math.min(count, next + aFrame);
    const rows: HTMLElement[] = [];
    while (next < until) rows.push(row(next++));
    body.append(...rows);
    body.ariaBusy = next < count ? 'true' : null;
    if (next < count)
      requestAnimationFrame(() => {
        if (body.isConnected) fill();
      });
  };
  fill();
  return body;
}
