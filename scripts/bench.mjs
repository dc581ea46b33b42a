import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterPython, datatrovePython, labPython } from './python.mjs';
import { bundle, root, run, setUp } from './setUp.mjs';

const options = process.argv.slice(2);
setUp();
if (options.includes('--editor')) {
  const { editorBench } = await import('../bench/editor.mjs');
  await editorBench(options);
  process.exit(0);
}
const programs = {
  '--scale': 'scale',
  '--corpus': 'cascade',
  '--context': 'contextLength',
  '--kills': 'kills',
  '--wasm': 'wasm',
};
const asked = Object.keys(programs).find((option) => options.includes(option));
if (asked === '--scale') clusterPython();
else if (asked !== '--kills') installPeers();
// The bench holds the model in its own process, and the peers beside it: with the settings of src/engine/client.ts.
process.env.MALLOC_MMAP_THRESHOLD_ = '3300000';
process.env.GLIBC_TUNABLES = 'glibc.malloc.hugetlb=1';
const datatrove = asked === '--corpus' ? datatrovePython() : undefined;
if (datatrove) options.push('--datatrove', datatrove);
const lab = asked ? undefined : labPython();
if (lab) options.push('--lab', lab);
if (asked === '--kills') await bundle('test/cli/fakeCli.ts');
const entry = await bundle(`bench/${asked ? programs[asked] : 'main'}.ts`);
process.exit(run(process.execPath, entry, '--root', root, ...options));

/** Installs what the bench compares with, apart from the product's packages. Without them those comparisons are left out. */
function installPeers() {
  const folder = join(root, 'bench');
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.backfire-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing what the bench compares with (once, 600 MB) …');
  // Not `npm ci`: it refuses a lock when a registry lacks a build for some other platform, which is optional anyway.
  const options = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync('npm', options, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    shell: process.platform === 'win32',
  });
  if (done.status === 0) writeFileSync(stamp, lock);
  else console.error('That failed: the comparisons will be left out.');
}
