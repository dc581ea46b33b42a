/** Elements that change in one frame beside those in sight: a few milliseconds with their new styles. */
const aFrame = 80;
/** What it costs to see that one stays as it is, in changes. */
const unchanged = 0.1;

/**
 * Paints elements that stand in a box one after the other: those in sight at once, the others frame by frame, so that thousands of
 * them keep no key press or click waiting. `paint` tells whether there was anything to change. Returns what begins anew.
 */
export function paintInSight(
  box: HTMLElement,
  elements: readonly HTMLElement[],
  paint: (index: number) => boolean,
): () => void {
  const isDone = new Uint8Array(elements.length);
  let next = elements.length;
  let frame: number | undefined;
  const paintOnce = (index: number) => {
    if (isDone[index]) return 0;
    isDone[index] = 1;
    return paint(index) ? 1 : unchanged;
  };
  const step = () => {
    frame = undefined;
    const { first, end } = inSight(box, elements);
    for (let index = first; index < end; index++) paintOnce(index);
    for (let left = aFrame; next < elements.length && left > 0; next++) left -= paintOnce(next);
    if (next < elements.length) later();
  };
  const later = () => (frame ??= requestAnimationFrame(step));
  // Who scrolls on is not made to wait for the turn of what comes into sight.
  box.addEventListener('scroll', () => {
    if (next < elements.length) step();
  });
  return () => {
    isDone.fill(0);
    next = 0;
    // Before it is in the document, or while it is hidden, there is no telling what will be in sight.
    if (box.clientHeight === 0) later();
    else step();
  };
}

/** Indices of the elements in sight. */
function inSight(box: HTMLElement, elements: readonly HTMLElement[]): { first: number; end: number } {
  const top = box.offsetTop + box.scrollTop;
  const bottom = top + box.clientHeight;
  // One that begins above may reach into sight.
  const first = firstBelow(elements, top) - 1;
  return { first: Math.max(0, first), end: firstBelow(elements, bottom) };
}

/** Index of the first element that begins at a height or below: they stand in lines, one after the other. */
function firstBelow(elements: readonly HTMLElement[], height: number): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (elements[middle]!.offsetTop >= height) high = middle;
    else low = middle + 1;
  }
  return low;
}
