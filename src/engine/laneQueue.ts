import type { Lane } from './engine.js';

/**
 * One holder at a time, the editor's waiters before the scan's. The model runs one piece of work at once, and a long request
 * takes its turn anew for each piece, so that the visible editor waits for one run at most.
 */
export class LaneQueue {
  #busy = false;
  readonly #waiting: Record<Lane, (() => void)[]> = { editor: [], scan: [] };

  /** Resolves when it is the caller's turn; the returned function ends it, and does nothing the second time. */
  async turn(lane: Lane): Promise<() => void> {
    if (this.#busy) await new Promise<void>((go) => this.#waiting[lane].push(go));
    this.#busy = true;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.editor.shift() ?? this.#waiting.scan.shift();
      if (next) next();
      else this.#busy = false;
    };
  }
}
