import { asError } from '../corpus/asError.js';
import type { Engine } from '../engine/engine.js';
import type { Host } from './host.js';

export interface EngineOptions {
  readonly pack?: string;
  readonly threads?: number;
  /** Engines side by side; one by default. */
  readonly jobs?: number;
  /** commander's name for the absence of --no-cache. */
  readonly cache: boolean;
}

/** The engine of one command: started at once, and the command's signal is given when it can't be had. */
export class EngineRun {
  readonly engine: Engine;
  /** Aborted by Ctrl-C, by `stop`, or because there is no engine. */
  readonly signal: AbortSignal;
  /** What ended the run, if something did. */
  failure: Error | undefined;
  private readonly controller = new AbortController();
  private isOver = false;

  constructor(host: Host, packFolder: string, { threads, jobs = 1, cache }: EngineOptions) {
    this.signal = AbortSignal.any([host.signal, this.controller.signal]);
    this.engine = host.startEngine({
      packFolder,
      cache,
      jobs,
      ...(threads === undefined ? {} : { threads }),
    });
    // Asked at once: the model loads while the reading starts, and a pack that can't be used ends the command early.
    this.engine.info().catch((error: unknown) => {
      // An engine that nobody needed is stopped before it answers.
      if (this.isOver) return;
      this.failure = asError(error);
      this.stop();
    });
  }

  async dispose(): Promise<void> {
    this.isOver = true;
    await this.engine.dispose();
  }

  stop(): void {
    this.controller.abort();
  }
}
