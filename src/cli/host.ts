import type { Readable, Writable } from 'node:stream';
import type { Detector, ScanWatch } from '../corpus/scanTask.js';
import type { Engine, FeatureEngine } from '../engine/engine.js';

/** What a command needs of the world. */
export interface Host {
  readonly version: string;
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  readonly detector: Detector;
  readonly defaultPackFolder: string;
  /** Of a scan inside `serve`. */
  readonly watch?: ScanWatch;
  /** With `cache`, measures of earlier runs are used again and new ones kept. `jobs` engines, one by default, share the cores. */
  startEngine(options: { packFolder: string; cache: boolean; jobs?: number; threads?: number }): Engine;
  /** One engine, nothing cached. */
  startFeatureEngine(options: { packFolder: string; threads?: number }): FeatureEngine;
}
