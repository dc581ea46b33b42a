import { Readable } from 'node:stream';
import { usualKinds } from '../../src/analysis/levels.js';
import { scan } from '../../src/corpus/scan.js';
import type { ScanHeader, ScanLine, ScanOptions } from '../../src/corpus/scanLine.js';
import { ScanTally } from '../../src/corpus/scanTally.js';
import { nothingDone, type Done } from '../../src/corpus/unitInput.js';
import { readUnits } from '../../src/corpus/units.js';
import type { Engine } from '../../src/engine/engine.js';
import { FakeEngine, lineDetector } from '../cli/fakes.js';

export interface ScanSetup {
  readonly paths: readonly string[];
  readonly options?: Partial<ScanOptions>;
  readonly engine?: Engine;
  readonly signal?: AbortSignal;
  readonly done?: Done;
  readonly tally?: ScanTally;
}

export function headerFor(paths: readonly string[], options: Partial<ScanOptions> = {}): ScanHeader {
  return {
    type: 'scan',
    schema: 1,
    version: '0.0.0',
    pack: 'fake@1',
    packHash: '0'.repeat(64),
    paths: [...paths],
    options: {
      minLevel: 'none',
      kinds: [...usualKinds],
      minDetection: 0.5,
      maxFileSize: 100_000,
      ignoreFiles: true,
      ...options,
    },
  };
}

/** The real pipeline over real files, with the fake engine and detector. */
export function startScan(setup: ScanSetup): AsyncGenerator<ScanLine> {
  const {
    paths,
    engine = new FakeEngine(),
    signal = new AbortController().signal,
    done = nothingDone,
  } = setup;
  const header = headerFor(paths, setup.options);
  const stdin = { name: '', chunks: Readable.from([]) };
  const units = readUnits({ paths, options: header.options, done, stdin, leaveOut: [] });
  return scan({
    header,
    units,
    detector: lineDetector,
    engine,
    signal,
    tally: setup.tally ?? new ScanTally(),
  });
}
