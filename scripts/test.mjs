import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clusterPython, labPython } from './python.mjs';
import { root, setUp, tool } from './setUp.mjs';

/** Runs every test: units and engine, the real VS Code, and lab and cluster where there is a Python. Ends with one line of counts. */
const reports = join(root, '.cache', 'test-reports');

function units() {
  const report = join(reports, 'units.json');
  const code = tool('vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
  const results = JSON.parse(readFileSync(report, 'utf8'));
  const failures = results.testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    // A file that fails outside its tests (at import, in a hook) has no failed test, only a message.
    if (failed.length === 0) return message ? [`${name}\n${message}`] : [];
    return failed.map((test) => `${name}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
  });
  return counted(code, results.numPassedTests, results.numFailedTests, results.numPendingTests, failures);
}

async function editor() {
  const { status, output } = await finished(process.execPath, [join(root, 'test', 'vscode', 'run.mjs')], {
    cwd: root,
    onOutput: (text) => process.stdout.write(text),
  });
  const [, passed, failed] = /^vscode: (\d+) passed, (\d+) failed$/m.exec(output) ?? [undefined, 0, 0];
  const [, told = output.slice(-4000)] = /^FAILED ([^]*)^vscode: /m.exec(output) ?? [];
  const failures = status === 0 ? [] : [`in VS Code: ${told.slice(0, 6000)}`];
  return counted(status, Number(passed), Number(failed), 0, failures);
}

async function lab() {
  await environments;
  return pytest('lab', labPython(), 'there is no Python of 3.10 or later');
}

async function cluster() {
  return pytest('cluster', clusterPython(), 'there is no Python of 3.10 or later for which Ray installs');
}

/** Says at its end what it printed: another suite prints meanwhile. */
async function pytest(folder, python, why) {
  if (!python) {
    console.log(`${folder}: skipped, ${why}`);
    return { passed: 0, failed: 0, skipped: 0, failures: [] };
  }
  const report = join(reports, `${folder}.xml`);
  const { status, output } = await finished(python, ['-m', 'pytest', '-q', 'tests', `--junitxml=${report}`], {
    cwd: join(root, folder),
  });
  console.log(`${folder}:\n${output}`);
  const [, errors, failures, skipped, tests] = /errors="(\d+)" failures="(\d+)" skipped="(\d+)" tests="(\d+)"/
    .exec(readFileSync(report, 'utf8'))
    .map(Number);
  const told = status === 0 ? [] : [`${folder}: see what pytest printed above`];
  return counted(status, tests - errors - failures - skipped, errors + failures, skipped, told);
}

async function inTurn(...suites) {
  const counts = [];
  for (const suite of suites) counts.push(await suite());
  return counts;
}

/** Runs a program beside others; resolves with its exit code and all that it printed. */
function finished(program, options, { cwd, onOutput = () => {} }) {
  const child = spawn(program, options, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      onOutput(text);
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

/** A suite that ends badly without naming a failed test has failed all the same. */
function counted(code, passed, failed, skipped, failures) {
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped, failures };
}

setUp();
/** Made beside the units: pip waits for the network and the disk for much of its time. */
const environments = finished(process.execPath, [join(root, 'scripts', 'environments.mjs')], {
  cwd: root,
  onOutput: (text) => process.stdout.write(text),
});
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const suites = [
  units(),
  // VS Code waits for most of its time: Python has the processor meanwhile.
  ...(await Promise.all([editor(), inTurn(lab, cluster)])).flat(),
];
const total = (key) => suites.reduce((sum, counts) => sum + counts[key], 0);
// Said once more at the end: a log of a thousand tests is read, and kept, from its end.
for (const failure of suites.flatMap(({ failures }) => failures)) console.log(`\nFAILED ${failure}`);
if (total('skipped') > 0) console.log(`${total('skipped')} skipped`);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exit(total('failed') === 0 ? 0 : 1);
