import { type Disposable, EventEmitter } from 'vscode';
import { type Sample, sampleKey } from '../analysis/sample.js';
import { DisposableStore } from './disposableStore.js';
import type { EngineHost } from './engineHost.js';
import type { PanelAlternatives } from './panelMessages.js';

/** Tokens that are told in the place of each. */
const most = 3;

/** What the panel shows of tokens that the model would have expected: asked once somebody wants to know. */
export class AlternativesOfPanel implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  #state: PanelAlternatives = { state: 'unread' };
  #sample: Sample | undefined;
  #key = '';
  #reading = new AbortController();

  constructor(private readonly host: Pick<EngineHost, 'engine'>) {}

  get state(): PanelAlternatives {
    return this.#state;
  }

  dispose(): void {
    this.#reading.abort();
    this.#owned.dispose();
  }

  /** The sample that is shown; the same again keeps what was read of it, and lets what failed be tried again. */
  setSample(sample: Sample | undefined): void {
    const key = sample ? sampleKey(sample) : '';
    if (key === this.#key && this.#state.state !== 'failed') return;
    this.#key = key;
    this.#sample = sample;
    this.#reading.abort();
    this.#state = { state: 'unread' };
  }

  async read(): Promise<void> {
    const sample = this.#sample;
    if (!sample || this.#state.state !== 'unread') return;
    const { signal } = (this.#reading = new AbortController());
    this.#set({ state: 'reading' });
    try {
      const engine = await this.host.engine();
      const found = await engine.readAlternatives({ sample, most }, { signal });
      if (!signal.aborted) this.#set(found ? { state: 'read', of: found } : { state: 'none' });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!signal.aborted) this.#set({ state: 'failed', reason });
    }
  }

  #set(state: PanelAlternatives): void {
    this.#state = state;
    this.#changed.fire();
  }
}
