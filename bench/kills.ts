/**
 * Kills scan, merge and mask with SIGKILL at random moments of their runs, lets them go on, and compares with what an
 * undisturbed run wrote. All of the command line is real but the model and the detection (test/cli/fakeCli.ts), which write
 * nothing. Usage: npm run bench -- --kills [--count N] [--json FILE]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { parquetOf, storedZstd } from '../test/corpus/packedFiles.js';
import { randomNumbers } from '../test/randomNumbers.js';

interface Row {
  readonly command: string;
  readonly seed: number;
  readonly kills: number;
  /** Of these, so many came when the output had been begun and was not whole. */
  readonly whileWriting: number;
  /** Outputs that were not, byte for byte, those of the undisturbed run, or looked whole without being so. */
  readonly differed: number;
}

/** Records of each file: enough that most kills come while something is written. */
const records = 1500;
/** The first part of a run, in which Node only starts. */
const startShare = 0.3;
/** More than the first line of a report, which is there before anything is read. */
const begunBytes = 4096;

const { values: options } = parseArgs({
  options: {
    root: { type: 'string', default: '.' },
    kills: { type: 'boolean' },
    count: { type: 'string', default: '50' },
    json: { type: 'string' },
  },
});
const root = resolve(options.root);
const count = Number(options.count);
const folder = mkdtempSync(join(tmpdir(), 'backfire-kills-'));
try {
  const rows = await killAll();
  console.table(rows);
  if (options.json !== undefined)
    writeFileSync(resolve(options.json), `${JSON.stringify({ rows }, null, 1)}\n`);
  if (rows.some(({ differed }) => differed > 0)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The same records in each format. */
function writeCorpus(): string {
  const corpus = join(folder, 'corpus');
  const rows = Array.from({ length: records }, (_, at) => ({
    id: `text-${at}`,
    text: `${'filler '.repeat(60)}\nBAD: n\nhigh ${at}`,
  }));
  const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  mkdirSync(corpus);
  writeFileSync(join(corpus, 'a.jsonl'), jsonl);
  writeFileSync(join(corpus, 'b.jsonl.gz'), gzipSync(jsonl));
  const columns = { id: rows.map(({ id }) => id), text: rows.map(({ text }) => text) };
  writeFileSync(join(corpus, 'c.parquet'), parquetOf(columns, 100));
  writeFileSync(join(corpus, 'd.jsonl.zst'), storedZstd(Buffer.from(jsonl)));
  return corpus;
}

async function killAll(): Promise<Row[]> {
  const corpus = writeCorpus();
  const scan = (output: string, ...more: string[]): string[] => [
    ...['scan', corpus, '--quiet', '--format', 'jsonl', '--output', output, ...more],
  ];
  const report = join(folder, 'report.jsonl');
  await finished(scan(report));
  const shards = ['1/2', '2/2'].map((shard) => ({ shard, output: join(folder, `shard-${shard[0]!}.jsonl`) }));
  for (const { shard, output } of shards) await finished(scan(output, '--shard', shard));
  const merge = (output: string): string[] => ['merge', output, ...shards.map((each) => each.output)];
  const masks = ['a.jsonl', 'b.jsonl.gz', 'c.parquet'].map((name) => ({
    name,
    args: (output: string): string[] => [
      ...['mask', join(corpus, name), '--findings', report, '--output', output],
    ],
  }));
  const copies = async (): Promise<Row[]> => {
    const rows = [await killedCopies('merge', 'merged.jsonl', merge, 32)];
    for (const [at, { name, args }] of masks.entries())
      rows.push(await killedCopies(`mask, .${name.slice(2)}`, name, args, 33 + at));
    return rows;
  };
  const [scans, others] = await Promise.all([killedScans(report, scan, 31), copies()]);
  return [scans, ...others];
}

/** A scan is killed twice, the second time while it goes on; then it goes on to its end. */
async function killedScans(
  whole: string,
  scan: (output: string, ...more: string[]) => string[],
  seed: number,
): Promise<Row> {
  const length = await lengthOf(scan(join(folder, 'timed.jsonl')));
  const expected = comparable(whole);
  const random = randomNumbers(seed);
  const row = { command: 'scan', seed, kills: 0, whileWriting: 0, differed: 0 };
  while (row.kills < count) {
    const output = join(mkdtempSync(join(folder, 'run-')), 'report.jsonl');
    for (let turn = 0; turn < 2; turn++) {
      const before = sizeOf(`${output}.partial`);
      if (!(await isKilled(scan(output, '--resume'), momentOf(length, random())))) continue;
      row.kills += 1;
      if (sizeOf(`${output}.partial`) > before + begunBytes) row.whileWriting += 1;
    }
    await finished(scan(output, '--resume'));
    if (comparable(output) !== expected || existsSync(`${output}.partial`)) row.differed += 1;
    console.error(`scan: ${row.kills} kills, ${row.whileWriting} while writing, ${row.differed} differ`);
  }
  return row;
}

/** merge and mask start anew: under their name there is all or nothing. */
async function killedCopies(
  command: string,
  name: string,
  args: (output: string) => string[],
  seed: number,
): Promise<Row> {
  const whole = join(mkdtempSync(join(folder, 'whole-')), name);
  const length = await lengthOf(args(whole));
  const expected = readFileSync(whole);
  const random = randomNumbers(seed);
  const row = { command, seed, kills: 0, whileWriting: 0, differed: 0 };
  while (row.kills < count) {
    const output = join(mkdtempSync(join(folder, 'run-')), name);
    if (!(await isKilled(args(output), momentOf(length, random())))) continue;
    row.kills += 1;
    if (existsSync(`${output}.partial`)) row.whileWriting += 1;
    const isTorn = existsSync(output) && !readFileSync(output).equals(expected);
    await finished(args(output));
    if (isTorn || !readFileSync(output).equals(expected) || existsSync(`${output}.partial`))
      row.differed += 1;
  }
  console.error(`${command}: ${row.kills} kills, ${row.whileWriting} while writing, ${row.differed} differ`);
  return row;
}

/** Every line as it stands, and the summary but for times and what it says of the run itself. */
function comparable(report: string): string {
  const lines = readFileSync(report, 'utf8').trimEnd().split('\n');
  const own = new Set(['ms', 'stages', 'resumed', 'measures']);
  const summary = Object.entries(JSON.parse(lines.pop() ?? '') as object).filter(([key]) => !own.has(key));
  return `${lines.join('\n')}\n${JSON.stringify(summary)}`;
}

function start(args: readonly string[]) {
  return spawn(process.execPath, [join(root, 'dist', 'fakeCli.mjs'), ...args], {
    env: { ...process.env, FAKE_PACK: join(root, 'models', 'smollm2-135m-instruct') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Whether the kill came before the end. */
async function isKilled(args: readonly string[], afterMs: number): Promise<boolean> {
  const child = start(args);
  child.stderr.resume();
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  await once(child, 'exit');
  clearTimeout(timer);
  return child.signalCode === 'SIGKILL';
}

/** @throws Error when the command does not end well */
async function finished(args: readonly string[]): Promise<void> {
  const child = start(args);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`backfire ${args.join(' ')} ended with ${code}: ${said}`);
}

async function lengthOf(args: readonly string[]): Promise<number> {
  const started = performance.now();
  await finished(args);
  return performance.now() - started;
}

function momentOf(length: number, random: number): number {
  return length * (startShare + (1 - startShare) * random);
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}
