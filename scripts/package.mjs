// Makes a VSIX for each platform, and one for all others, in out/.
//   npm run package                           all of them
//   npm run package -- --target linux-x64     one of them; may be repeated
//   npm run package -- --check                afterwards looks into each, and installs those that work on this machine in VS Code
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packagePath, runtimeFiles, targets, universal } from './packageTargets.mjs';
import { root, setUp } from './setUp.mjs';

const { values } = parseArgs({
  options: { target: { type: 'string', multiple: true }, check: { type: 'boolean', default: false } },
});
const chosen = values.target ?? targets;
const unknown = chosen.filter((target) => !targets.includes(target));
if (unknown.length > 0) {
  console.error(`There is no package for ${unknown.join(', ')}: choose of ${targets.join(', ')}.`);
  process.exit(2);
}

try {
  setUp();
  mkdirSync(join(root, 'out'), { recursive: true });
  for (const target of chosen) await make(target);
  if (values.check) await check();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function check() {
  const { checkContents } = await import('./packageContents.mjs');
  for (const target of chosen) await checkContents(target);
  const here = `${process.platform}-${process.arch}`;
  if (here !== 'linux-x64' || !(chosen.includes(here) || chosen.includes(universal))) {
    console.log('not installed: that is done with the packages linux-x64 and universal, on linux-x64');
    return;
  }
  const { checkInstalled } = await import('../test/vscode/installed/run.mjs');
  if (chosen.includes(here)) await checkInstalled(packagePath(here), 'native');
  if (chosen.includes(universal)) await checkInstalled(packagePath(universal), 'wasm');
}

async function make(target) {
  const { createVSIX } = await import('@vscode/vsce');
  const ignoreFile = join(root, 'out', `${target}.vscodeignore`);
  const included = runtimeFiles(target).map((file) => `!${file}`);
  writeFileSync(ignoreFile, `${readFileSync(join(root, '.vscodeignore'), 'utf8')}${included.join('\n')}\n`);
  const vsix = packagePath(target);
  rmSync(vsix, { force: true });
  await createVSIX({
    cwd: root,
    ...(target === universal ? {} : { target }),
    packagePath: vsix,
    ignoreFile,
    // No page on the web to point them at: pictures and links are those of the repository.
    rewriteRelativeLinks: false,
    allowMissingRepository: true,
  });
  rmSync(ignoreFile);
  console.log(`${vsix}: ${(statSync(vsix).size / 1e6).toFixed(1)} MB`);
}
