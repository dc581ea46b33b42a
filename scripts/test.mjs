import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { labPython } from './python.mjs';
import { root, setUp, tool } from './setUp.mjs';

/** Runs every test: units and engine, the real VS Code, and the lab where there is a Python. Ends with one line of counts. */
const reports = join(root, '.cache', 'test-reports');

function units() {
  const report = join(reports, 'units.json');
  const code = tool('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
  return counted(code, numPassedTests, numFailedTests, numPendingTests);
}

function editor() {
  const done = spawnSync(process.execPath, [join(root, 'test', 'vscode', 'run.mjs')], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(done.stdout);
  const [, passed, failed] = /^vscode: (\d+) passed, (\d+) failed$/m.exec(done.stdout) ?? [undefined, 0, 0];
  return counted(done.status, Number(passed), Number(failed), 0);
}

function lab() {
  const python = labPython();
  if (!python) {
    console.log('lab: skipped, there is no Python of 3.10 or later');
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const report = join(reports, 'lab.xml');
  const done = spawnSync(python, ['-m', 'pytest', '-q', 'tests', `--junitxml=${report}`], {
    cwd: join(root, 'lab'),
    stdio: 'inherit',
  });
  const [, errors, failures, skipped, tests] = /errors="(\d+)" failures="(\d+)" skipped="(\d+)" tests="(\d+)"/
    .exec(readFileSync(report, 'utf8'))
    .map(Number);
  return counted(done.status, tests - errors - failures - skipped, errors + failures, skipped);
}

/** A suite that ends badly without naming a failed test has failed all the same. */
function counted(code, passed, failed, skipped) {
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

setUp();
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const totals = { passed: 0, failed: 0, skipped: 0 };
for (const suite of [units, editor, lab]) {
  const counts = suite();
  for (const key of Object.keys(totals)) totals[key] += counts[key];
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed === 0 ? 0 : 1);
