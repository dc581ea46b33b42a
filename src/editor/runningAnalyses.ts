import type { Disposable } from 'vscode';

/** One analysis a document: a new one takes the place of the one under way. */
export class RunningAnalyses implements Disposable {
  readonly #running = new Map<string, AbortController>();

  async replace<T>(key: string, work: (controller: AbortController) => Promise<T>): Promise<T> {
    this.#running.get(key)?.abort();
    const controller = new AbortController();
    this.#running.set(key, controller);
    try {
      return await work(controller);
    } finally {
      if (this.#running.get(key) === controller) this.#running.delete(key);
    }
  }

  cancel(key: string): void {
    this.#running.get(key)?.abort();
  }

  dispose(): void {
    for (const controller of this.#running.values()) controller.abort();
  }
}
