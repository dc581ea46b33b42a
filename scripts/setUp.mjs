import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export const root = join(import.meta.dirname, '..');

/** Installs the packages of package-lock.json when they are not there yet, and builds. Nothing else is needed but Node. */
export function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Backfire needs Node 20.19 or later; this is ${process.versions.node}.`);
    process.exit(2);
  }
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.backfire-lock');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    console.error('Installing packages (once, about a minute) …');
    // Install scripts stay off: onnxruntime-node's would download CUDA libraries that are not used here.
    npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
    writeFileSync(stamp, lock);
  }
  execFileSync(process.execPath, [join(root, 'esbuild.mjs')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export function npm(...options) {
  const done = spawnSync('npm', options, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error(`npm ${options.join(' ')} failed. Is the npm registry reachable?`);
    process.exit(2);
  }
}

/** Runs a program in the project's folder; returns its exit code. */
export function run(program, ...options) {
  const done = spawnSync(program, options, { cwd: root, stdio: 'inherit' });
  if (done.error) console.error(`${program}: ${done.error.message}`);
  return done.status ?? 1;
}

/** Runs a tool from node_modules. */
export function tool(name, ...options) {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  const bin = typeof manifest.bin === 'string' ? manifest.bin : Object.values(manifest.bin)[0];
  return run(process.execPath, join(root, 'node_modules', name, bin), ...options);
}

/** Bundles a TypeScript program of the repository into dist/ and returns the file to run. */
export async function bundle(entry) {
  const { build } = await import('esbuild');
  const outfile = join(root, 'dist', basename(entry).replace(/\.ts$/, '.mjs'));
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
    external: ['onnxruntime-node', 'onnxruntime-web', '@vscode/tree-sitter-wasm'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  return outfile;
}
