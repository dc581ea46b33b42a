import type { Disposable } from 'vscode';

/** Owns what it is given and lets go of it last-in first-out. What comes after the end is disposed at once. */
export class DisposableStore implements Disposable {
  #owned: Disposable[] | undefined = [];

  add<T extends Disposable>(owned: T): T {
    if (this.#owned) this.#owned.push(owned);
    else owned.dispose();
    return owned;
  }

  dispose(): void {
    const owned = this.#owned ?? [];
    this.#owned = undefined;
    for (const each of owned.reverse()) each.dispose();
  }
}
