// What the editor costs: npm run bench -- --editor [--rounds N] [--kills N] [--windows N] [--json FILE], or with --panel the panel
// alone, whose lines then take the place of earlier ones in the file.
// In a real VS Code (the server build of the editor's tests), each window with an extension host of its own.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundle, root } from '../scripts/setUp.mjs';
import { cache } from '../test/vscode/hostSetUp.mjs';
import { openHost } from '../test/vscode/openHost.mjs';
import { panelFluidity, spreadOf } from './editorPanel.mjs';

export async function editorBench(options) {
  const { values } = parseArgs({
    args: options,
    options: {
      editor: { type: 'boolean' },
      rounds: { type: 'string', default: '10' },
      kills: { type: 'string', default: '100' },
      windows: { type: 'string', default: '3' },
      panel: { type: 'boolean' },
      json: { type: 'string' },
    },
  });
  const [rounds, kills, windows] = [values.rounds, values.kills, values.windows].map(Number);
  const panel = await panelFluidity();
  const lines = values.panel ? panel : [...(await inWindows(rounds, kills, windows)), ...panel];
  const { table } = await import(await bundle('bench/report.ts'));
  console.log(table(lines));
  if (values.json) {
    const all = values.panel ? [...otherLines(values.json, panel), ...panel] : lines;
    writeFileSync(values.json, `${JSON.stringify(resultOf(all, rounds, windows), null, 1)}\n`);
  }
}

/** Of an earlier run, those of other sections. */
function otherLines(file, lines) {
  const sections = new Set(lines.map(({ section }) => section));
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).lines : [];
  return earlier.filter(({ section }) => !sections.has(section));
}

async function inWindows(rounds, kills, windows) {
  const tests = await bundleForHost();
  const runs = [];
  for (let window = 0; window < windows; window++) {
    const isLast = window === windows - 1;
    console.error(`window ${window + 1} of ${windows}`);
    runs.push(await inWindow(tests, { rounds: isLast ? rounds : 1, kills: isLast ? kills : 0 }));
  }
  const wasm = await bundle('bench/wasm.ts');
  const compared = execFileSync(process.execPath, [wasm, '--root', root, '--rounds', String(rounds)], {
    encoding: 'utf8',
  });
  return [...joined(runs), ...JSON.parse(compared)];
}

/** Activation happens once in a window: its figures are of all of them. The rest is of the last. */
function joined(runs) {
  return runs.at(-1).map((line, index) => {
    if (line.section !== 'Activation') return line;
    return { ...line, value: spreadOf(runs.map((lines) => lines[index].value.median)) };
  });
}

function resultOf(lines, rounds, windows) {
  const sections = [...new Set(lines.map(({ section }) => section))];
  const often = (section) =>
    section === 'Activation' ? windows : /^(Scan|Engine|Panel)/.test(section) ? 1 : rounds;
  return {
    machine: {
      cpu: cpus()[0]?.model ?? '',
      cores: cpus().length,
      system: `${process.platform} ${release()}`,
      node: process.versions.node,
    },
    rounds: Object.fromEntries(sections.map((section) => [section, often(section)])),
    lines,
  };
}

async function bundleForHost() {
  const outfile = join(cache, 'bench', 'index.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['bench/editorInHost.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    logLevel: 'warning',
  });
  return outfile;
}

async function inWindow(tests, task) {
  const base = join(cache, 'bench');
  const folder = join(base, 'workspace');
  const result = join(base, 'result.json');
  for (const path of [folder, result]) rmSync(path, { recursive: true, force: true });
  mkdirSync(base, { recursive: true });
  cpSync(join(root, 'test', 'vscode', 'samples'), folder, { recursive: true });
  const env = { BACKFIRE_CACHE: 'off', BACKFIRE_BENCH: JSON.stringify({ ...task, result }) };
  const host = await openHost({ folder, extension: root, tests, log: join(base, 'host.log'), env });
  try {
    const how = await host.testsEnded;
    if (!existsSync(result))
      throw new Error(`the bench did not finish (${how}); what VS Code says is in ${join(base, 'host.log')}`);
  } finally {
    await host.dispose();
  }
  const { lines, error } = JSON.parse(readFileSync(result, 'utf8'));
  if (error) throw new Error(error);
  return lines;
}
