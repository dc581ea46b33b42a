import { join, resolve } from 'node:path';
import { labPython } from './python.mjs';
import { bundle, root, run, setUp } from './setUp.mjs';

setUp();
const [folder, ...options] = process.argv.slice(2);
if (!folder) {
  console.error('Usage: npm run evaluate -- FOLDER   (a folder with dev/*.jsonl and contrast/*.jsonl)');
  process.exit(2);
}
const python = labPython();
const entry = await bundle(join(root, 'bench', 'detection.ts'));
const path = resolve(process.env.INIT_CWD ?? root, folder);
process.exit(run(process.execPath, entry, path, ...(python ? ['--python', python] : []), ...options));
