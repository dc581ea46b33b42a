import { join } from 'node:path';
import { findCandidates } from '../src/analysis/frames/findCandidates.js';
import { mayHoldFrame } from '../src/analysis/frames/prefilter.js';
import { usualKinds } from '../src/analysis/levels.js';
import { scan } from '../src/corpus/scan.js';
import { headerLine } from '../src/corpus/scanLine.js';
import { ScanTally } from '../src/corpus/scanTally.js';
import { nothingDone } from '../src/corpus/unitInput.js';
import { readUnits } from '../src/corpus/units.js';
import type { Engine } from '../src/engine/engine.js';
import { loadGrammars } from '../src/model/grammars.js';

export interface ScanFigures {
  /** Of the scan, all threads of the process. */
  readonly processorSeconds: number;
  /** Resident at most, bytes. */
  readonly memory: number;
  readonly candidates: number;
}

/** Scans without the model: every candidate is found, none is measured. */
export async function scanOnce(root: string, path: string): Promise<ScanFigures> {
  const grammars = loadGrammars(join(root, 'dist', 'grammars'));
  const header = headerLine({
    version: '',
    pack: '',
    packHash: '',
    paths: [path],
    options: {
      minLevel: 'none',
      kinds: [...usualKinds],
      // Only what is certain would be measured: nothing is.
      minDetection: 1,
      maxFileSize: 4 * 1024 * 1024,
      ignoreFiles: false,
    },
  });
  const stdin = {
    name: '',
    chunks: (async function* () {
      // Nothing is read from it.
    })(),
  };
  const noEngine: Engine = {
    info: () => Promise.resolve({ pack: '', model: '', readyMs: 0, processId: 0, runtime: 'native' }),
    findCandidates: () => Promise.resolve([]),
    measure: () => Promise.reject(new Error('nothing is measured here')),
    dispose: () => Promise.resolve(),
  };
  const before = process.cpuUsage();
  let candidates = 0;
  for await (const line of scan({
    header,
    units: readUnits({ paths: [path], options: header.options, done: nothingDone, stdin, leaveOut: [] }),
    detector: { mayHoldFrame, findCandidates: (document) => findCandidates(document, grammars) },
    engine: noEngine,
    signal: new AbortController().signal,
    tally: new ScanTally(),
  })) {
    if (line.type === 'summary') candidates = line.stages.find(({ name }) => name === 'parse')?.out ?? 0;
  }
  const { user, system } = process.cpuUsage(before);
  return {
    processorSeconds: (user + system) / 1e6,
    memory: process.resourceUsage().maxRSS * 1024,
    candidates,
  };
}
