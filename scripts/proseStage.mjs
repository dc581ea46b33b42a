/** Compares a trained stage of detection with the rules: `node scripts/proseStage.mjs FOLDER [MORE.jsonl …]`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { labPython } from './python.mjs';
import { bundle, root, run, setUp } from './setUp.mjs';

setUp();
const [folder, ...more] = process.argv.slice(2).map((path) => resolve(path));
const python = labPython();
if (!folder || !python) {
  console.error(
    'Usage: node scripts/proseStage.mjs FOLDER [MORE.jsonl …]   (Python 3.10 or later is needed)',
  );
  process.exit(2);
}
const cache = join(root, '.cache', 'lab');
mkdirSync(cache, { recursive: true });
const examples = join(cache, 'prose-examples.jsonl');
const made = run(
  process.execPath,
  await bundle(join(root, 'bench', 'proseExamples.ts')),
  folder,
  examples,
  ...more,
);
if (made !== 0) process.exit(made);
const output = join(root, 'lab', 'results', 'detection', 'prose-stage.json');
const trained = spawnSync(python, ['-m', 'backfire_lab.prose_stage', examples, '--output', output], {
  cwd: join(root, 'lab'),
  stdio: 'inherit',
});
process.exit(trained.status ?? 1);
