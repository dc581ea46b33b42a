import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { cache, root } from '../hostSetUp.mjs';
import { openHost } from '../openHost.mjs';

/** Far longer than it takes; a machine that does much else needs more. */
const timeoutMs = 600_000;

/** Installs a package as VS Code does, and throws unless a selection is analyzed from what was installed, by that runtime. */
export async function checkInstalled(vsix, runtime) {
  const base = join(cache, 'installed');
  rmSync(base, { recursive: true, force: true });
  const workspace = join(base, 'workspace');
  cpSync(join(import.meta.dirname, '..', 'samples'), workspace, { recursive: true });
  // VS Code runs tests only beside an extension under development: one that does nothing.
  const stub = join(base, 'stub');
  mkdirSync(stub);
  const manifest = { name: 'stub', publisher: 'backfire', version: '0.0.0', engines: { vscode: '^1.101.0' } };
  writeFileSync(join(stub, 'package.json'), JSON.stringify(manifest));
  const tests = join(base, 'tests.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile: tests,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    logLevel: 'warning',
  });

  const result = join(base, 'result.json');
  const log = join(base, 'host.log');
  const env = { BACKFIRE_TEST_RESULT: result, BACKFIRE_REPOSITORY: root, BACKFIRE_TEST_RUNTIME: runtime };
  const host = await openHost({
    folder: workspace,
    extension: stub,
    install: vsix,
    tests,
    log,
    env,
  });
  let timer;
  const tooLate = new Promise((settle) => (timer = setTimeout(settle, timeoutMs, 'timed out')));
  const how = await Promise.race([host.testsEnded, tooLate]);
  clearTimeout(timer);
  await host.dispose();
  if (!existsSync(result)) throw new Error(`the installed package was not tried (${how}); see ${log}`);
  const { ok, said } = JSON.parse(readFileSync(result, 'utf8'));
  if (!ok) throw new Error(`the installed package does not work: ${said}; see ${log}`);
  console.log(`ok     installed and analyzed: ${said}`);
}
