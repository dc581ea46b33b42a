import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findCandidates } from './analysis/frames/findCandidates.js';
import { mayHoldFrame } from './analysis/frames/prefilter.js';
import { abortOnInterrupt } from './cli/interrupt.js';
import { main } from './cli/main.js';
import { grammarFolder, packageRoot, packageVersion, serverEntry } from './cli/paths.js';
import { cachedEngine } from './engine/cachedEngine.js';
import { cacheFolder } from './engine/cacheFolder.js';
import { startEngine } from './engine/client.js';
import { enginePool } from './engine/enginePool.js';
import { MeasureCache } from './engine/measureCache.js';
import { loadGrammars } from './model/grammars.js';

const grammars = grammarFolder();
const parsers = loadGrammars(grammars, (name, reason) => {
  process.stderr.write(`the grammar of ${name} can't be loaded, its comments are read without: ${reason}\n`);
});

process.exitCode = await main(process.argv.slice(2), {
  version: packageVersion(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: abortOnInterrupt(),
  detector: { mayHoldFrame, findCandidates: (document) => findCandidates(document, parsers) },
  defaultPackFolder: join(packageRoot(), 'models', 'smollm2-135m-instruct'),
  startEngine: ({ cache, jobs = 1, ...options }) => {
    const { threads = Math.max(1, Math.floor(availableParallelism() / jobs)) } = options;
    const start = (own: { threads?: number }) =>
      startEngine({ ...options, ...own, grammarFolder: grammars, serverEntry: serverEntry() });
    const engine =
      jobs === 1 ? start({}) : enginePool(Array.from({ length: jobs }, () => start({ threads })));
    const folder = cache ? cacheFolder(process.env) : undefined;
    if (folder === undefined) return engine;
    const onTrouble = (message: string): void => void process.stderr.write(`${message}\n`);
    return cachedEngine(
      engine,
      new MeasureCache({ ...options, folder, serverEntry: serverEntry(), onTrouble }),
    );
  },
  startFeatureEngine: (options) =>
    startEngine({ ...options, grammarFolder: grammars, serverEntry: serverEntry() }),
});
// Standard input may still be open, and must not keep the process.
process.stdin.destroy();
