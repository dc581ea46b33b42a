import { join } from 'node:path';
import { findCandidates } from './analysis/frames/findCandidates.js';
import { mayHoldFrame } from './analysis/frames/prefilter.js';
import { abortOnInterrupt } from './cli/interrupt.js';
import { main } from './cli/main.js';
import { grammarFolder, packageRoot, packageVersion, serverEntry } from './cli/paths.js';
import { startEngine } from './engine/client.js';
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
  startEngine: (options) => startEngine({ ...options, grammarFolder: grammars, serverEntry: serverEntry() }),
});
// Standard input may still be open, and must not keep the process.
process.stdin.destroy();
