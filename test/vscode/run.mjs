// Runs the suite in a real VS Code, and looks at its views from outside.
//   node test/vscode/run.mjs
//   BACKFIRE_VSCODE=electron|host   which VS Code; otherwise a downloaded one where that works, else the host
//   BACKFIRE_TEST_ONLY=suite|panel|slip|features|inline|tree|summary  the suite alone, or one view looked at from outside
//   BACKFIRE_TEST_KILLS=100         how often the engine is killed
//   BACKFIRE_TEST_GREP=diagnostics  only tests of the suite whose name matches
// The last line is `vscode: N passed, N failed`; exit code 0 when nothing failed.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { cache, root } from './hostSetUp.mjs';

/** One or two minutes on an idle machine with two cores. */
const timeoutSeconds = 1800;
const suite = join(cache, 'suite', 'index.cjs');
const folder = join(cache, 'workspace');
const files = {
  log: join(cache, 'host.log'),
  output: join(cache, 'output.txt'),
  result: join(cache, 'result.json'),
};
const env = {
  // What an earlier run measured must not answer for the code of today; this run measures each sample once.
  BACKFIRE_CACHE: join(cache, 'measures'),
  BACKFIRE_TEST_OUTPUT: files.output,
  BACKFIRE_TEST_RESULT: files.result,
  ...(process.env.BACKFIRE_TEST_KILLS && { BACKFIRE_TEST_KILLS: process.env.BACKFIRE_TEST_KILLS }),
  ...(process.env.BACKFIRE_TEST_GREP && { BACKFIRE_TEST_GREP: process.env.BACKFIRE_TEST_GREP }),
};

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const counts = { passed: 0, failed: 0 };
/** Each failed test with its error: said again at the end, where a log of many lines is read. */
const failures = [];
const finish = () => {
  for (const failure of failures) console.log(`FAILED ${failure.slice(0, 2000)}`);
  console.log(`vscode: ${counts.passed} passed, ${counts.failed} failed`);
  process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
};
setTimeout(() => {
  fail(`timed out after ${timeoutSeconds} s; what VS Code itself says is in ${files.log}`);
  finish();
}, timeoutSeconds * 1000).unref();

try {
  await prepare();
  const only = process.env.BACKFIRE_TEST_ONLY;
  if (!only || only === 'suite') await runSuite();
  if (!env.BACKFIRE_TEST_GREP)
    for (const view of ['panel', 'slip', 'features', 'inline', 'tree', 'summary'])
      if (!only || only === view) await runLooks(view);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
finish();

function fail(failure) {
  counts.failed++;
  failures.push(failure);
}

/** Bundles, a workspace of its own that tests may write to, and the suite. */
async function prepare() {
  if (!existsSync(join(root, 'dist', 'extension.mjs'))) await import('../../esbuild.mjs');
  mkdirSync(cache, { recursive: true });
  freshWorkspace();
  writeFileSync(files.output, '');
  rmSync(env.BACKFIRE_CACHE, { recursive: true, force: true });
  rmSync(files.result, { force: true });
  await build({
    entryPoints: [join(import.meta.dirname, 'suite', 'index.ts')],
    outfile: suite,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    define: { 'process.env.BACKFIRE_ROOT': JSON.stringify(root) },
    logLevel: 'warning',
  });
}

/** Samples that the tests may change. */
function freshWorkspace() {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(import.meta.dirname, 'samples'), folder, { recursive: true });
}

async function runSuite() {
  const electron = await downloadedVscode();
  console.log(electron ? `suite in ${electron}` : 'suite in the VS Code host (server build in Chromium)');
  const stopCopying = copyOutput();
  let how = await (electron ? inElectron(electron) : inHost());
  if (!existsSync(files.result) && readFileSync(files.output, 'utf8') === '') {
    // A busy machine: VS Code gives its extension host a minute to come up, and no test has begun yet.
    console.log(`no test began (${how}): once more`);
    how = await (electron ? inElectron(electron) : inHost());
  }
  stopCopying();
  if (!existsSync(files.result))
    throw new Error(`the suite did not finish (${how}); what VS Code itself says is in ${files.log}`);
  const result = JSON.parse(readFileSync(files.result, 'utf8'));
  counts.passed += result.passed;
  for (const failure of result.failures) fail(failure);
}

/** The path of a VS Code that was downloaded, now or earlier; undefined where there can be none. */
async function downloadedVscode() {
  const wanted = process.env.BACKFIRE_VSCODE;
  const hasDisplay =
    process.platform !== 'linux' || process.env.DISPLAY || spawnSync('xvfb-run', ['--help']).status === 0;
  if (wanted === 'host' || (wanted !== 'electron' && !hasDisplay)) return undefined;
  const { downloadAndUnzipVSCode, SilentReporter } = await import('@vscode/test-electron');
  try {
    // The time that may pass without a byte, not that of the whole download.
    return await downloadAndUnzipVSCode({
      version: 'stable',
      cachePath: cache,
      timeout: 15_000,
      reporter: new SilentReporter(),
    });
  } catch (error) {
    if (wanted === 'electron') throw error;
    console.log(`no VS Code can be downloaded: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

function inElectron(executable) {
  const run = [process.execPath, join(import.meta.dirname, 'electron.mjs'), executable, root, suite, folder];
  const [program, ...options] =
    process.platform === 'linux' && !process.env.DISPLAY ? ['xvfb-run', '-a', ...run] : run;
  const done = spawnSync(program, options, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', openSync(files.log, 'w')],
  });
  return `code ${done.status ?? done.signal}`;
}

async function inHost() {
  const { openHost } = await import('./openHost.mjs');
  const host = await openHost({ folder, extension: root, tests: suite, log: files.log, env });
  try {
    return await host.testsEnded;
  } finally {
    await host.dispose();
  }
}

/** Looks from outside, by Playwright; its host is for Linux on x64 only. */
async function runLooks(view) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log(`the ${view} is looked at from outside on linux-x64 only: left out`);
    return;
  }
  const { openHost } = await import('./openHost.mjs');
  const { looks, samples = [] } = await import(`./ui/${view}.mjs`);
  freshWorkspace();
  // Before the window opens: what comes while it opens may be missed by its watcher of files.
  for (const sample of samples) cpSync(sample, join(folder, basename(sample)));
  const log = join(cache, 'ui.log');
  const host = await openHost({ folder, extension: root, log, env });
  console.log(`\n\n  the ${view}, from outside`);
  for (const [name, look] of looks) {
    try {
      await look({ page: host.page, cache, log });
      console.log(`    ✔ ${name}`);
      counts.passed++;
    } catch (error) {
      await host.page.screenshot({ path: join(cache, 'failure.png') }).catch(() => {});
      console.log(`    ✘ ${name}`);
      fail(`the ${view}, from outside: ${name}\n${error instanceof Error ? error.stack : error}`);
      // The next look begins where this one should have ended.
      break;
    }
  }
  await host.dispose();
}

/** The suite writes to a file, apart from what VS Code itself says; copied here as it grows. */
function copyOutput() {
  const file = openSync(files.output, 'r');
  const buffer = Buffer.alloc(65536);
  let read = 0;
  const copy = () => {
    for (let n; (n = readSync(file, buffer, 0, buffer.length, read)) > 0; read += n)
      process.stdout.write(buffer.subarray(0, n));
  };
  const timer = setInterval(copy, 200);
  return () => {
    clearInterval(timer);
    copy();
  };
}
