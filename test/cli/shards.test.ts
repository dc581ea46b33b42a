import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ScanLine } from '../../src/corpus/scanLine.js';
import { parquetOf } from '../corpus/packedFiles.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

const text = (index: number): string => `BAD: n\nhigh ${index}`;
const jsonl = (count: number): string =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify({ text: text(at) })}\n`).join('');

/** Files of every kind, some damaged, in folders whose order is not that of their paths as strings. */
function corpus(): string {
  return temporaryFolder({
    'a/x.md': 'BAD: so\nhigh 1\n',
    'a.md': 'BAD: so\nhigh 2\n',
    'a-b/y.jsonl': jsonl(9000),
    'b.jsonl.gz': gzipSync(jsonl(4000)),
    'c.jsonl.gz': gzipSync(jsonl(4000)).subarray(0, 8000),
    'd.parquet': parquetOf({ text: Array.from({ length: 50 }, (_, at) => text(at)) }, 5),
    'e.bin': new Uint8Array([0, 1]),
    'node_modules/x.md': 'BAD: so\nhigh\n',
    ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`many/${at}.md`, `BAD: m\nlow ${at}\n`])),
  });
}

function linesOf(file: string): ScanLine[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ScanLine);
}

async function shardReports(paths: readonly string[], count: number): Promise<string[]> {
  const folder = temporaryFolder();
  const reports: string[] = [];
  for (let index = 1; index <= count; index++) {
    const report = join(folder, `${index}.jsonl`);
    const args = ['scan', ...paths, '--format', 'jsonl', '--output', report, '--shard', `${index}/${count}`];
    expect([0, 3]).toContain((await runCli(args)).code);
    reports.push(report);
  }
  return reports;
}

function withoutTimes(line: ScanLine | undefined): object {
  if (line?.type !== 'summary') throw new Error('no summary');
  return { ...line, ms: 0, stages: line.stages.map((stage) => ({ ...stage, ms: 0 })) };
}

describe('scan --shard and merge', () => {
  it('give, line for line, the report of one scan', async () => {
    const folder = corpus();
    const paths = [join(folder, 'many'), folder];
    const whole = join(temporaryFolder(), 'whole.jsonl');
    const one = await runCli(['scan', ...paths, '--format', 'jsonl', '--output', whole]);
    expect(one.code).toBe(3);
    const reports = await shardReports(paths, 3);
    const merged = join(temporaryFolder(), 'merged.jsonl');
    const { code, stderr } = await runCli(['merge', merged, ...[...reports].reverse()]);
    expect([code, stderr]).toEqual([3, '']);
    const [expected, got] = [whole, merged].map((file) =>
      readFileSync(file, 'utf8').split('\n').slice(0, -2),
    );
    expect(got).toEqual(expected);
    expect(withoutTimes(linesOf(merged).at(-1))).toEqual(withoutTimes(linesOf(whole).at(-1)));
    expect(existsSync(`${merged}.partial`)).toBe(false);
    // Payloads of a-b/y.jsonl stand in the two after it as well, which other shards may have read.
    const summary = linesOf(merged).at(-1);
    if (summary?.type !== 'summary') throw new Error('no summary');
    expect(summary.exposures.worst).toHaveLength(100);
    expect(summary.exposures.worst.some(({ exact, near }) => exact > 3 || near > 0)).toBe(true);
    // Each shard had something to do, row groups of one file included.
    for (const report of reports) {
      expect(linesOf(report).filter(({ type }) => type === 'unit').length).toBeGreaterThan(3);
    }
    const groups = reports.map((report) => readFileSync(report, 'utf8').includes('"rowGroup"'));
    expect(groups.filter(Boolean).length).toBeGreaterThan(1);
  });

  it('read reports of versions that do not say where measures came from', async () => {
    const folder = temporaryFolder({ 'a.md': text(1), 'b.md': text(2), 'c.md': text(3) });
    const [one = '', two = ''] = await shardReports([folder], 2);
    const merged = join(temporaryFolder(), 'merged.jsonl');
    const measuresOf = async (): Promise<unknown> => {
      expect(await runCli(['merge', merged, one, two])).toMatchObject({ code: 0, stderr: '' });
      const summary = linesOf(merged).at(-1);
      return summary?.type === 'summary' ? summary.measures : 'no summary';
    };
    expect(await measuresOf()).toEqual({ cached: 0, computed: 3 });
    const older = readFileSync(one, 'utf8').replace(/"measures":\{"cached":\d+,"computed":\d+\},/u, '');
    expect(older).not.toContain('"cached"');
    writeFileSync(one, older);
    expect(await measuresOf()).toBeUndefined();
    const again = ['scan', folder, '--format', 'jsonl', '--output', one, '--shard', '1/2', '--resume'];
    expect(await runCli(again)).toMatchObject({ code: 0 });
    const html = join(temporaryFolder(), 'r.html');
    const shown = await runCli(['report', merged, '--format', 'html', '--output', html]);
    expect([shown.code, shown.stderr]).toEqual([0, '']);
  });

  it('refuses reports that are not all shards of one scan, by name, and writes nothing', async () => {
    const folder = temporaryFolder({ 'a.md': text(1), 'b.md': text(2), 'c.md': text(3) });
    const [one = '', two = '', three = ''] = await shardReports([folder], 3);
    const [other = ''] = await shardReports([join(folder, 'a.md')], 3);
    const [ofTwo = ''] = await shardReports([folder], 2);
    const whole = join(temporaryFolder(), 'whole.jsonl');
    await runCli(['scan', folder, '--format', 'jsonl', '--output', whole]);
    const torn = join(temporaryFolder(), 'torn.jsonl');
    writeFileSync(torn, readFileSync(three, 'utf8').split('\n').slice(0, -2).join('\n'));
    const output = join(temporaryFolder(), 'out.jsonl');
    for (const [inputs, reason] of [
      [[one, three], 'missing: shard 2/3'],
      [[one, two, two, three], `shard 2/3 is there twice: ${two} and ${two}`],
      [[one, two, other], 'not of one scan: paths is'],
      [[one, two, ofTwo], 'is shard 1/2'],
      [[one, two, whole], `${whole} is the report of a whole scan`],
      [[one, two, torn], `${torn} (shard 3/3) is not whole`],
      [[one, two, join(folder, 'a.md')], 'is no report'],
      [[one, two, '/nowhere/x.jsonl'], '/nowhere/x.jsonl cannot be read'],
    ] as const) {
      const { code, stderr } = await runCli(['merge', output, ...inputs]);
      expect([code, existsSync(output)], reason).toEqual([2, false]);
      expect(stderr).toContain(reason);
    }
    expect((await runCli(['merge', one, one, two, three])).stderr).toContain('among the reports');
  });

  it.each([
    [['--shard', '0/3', '--format', 'jsonl'], 'Give i/n'],
    [['--shard', '4/3', '--format', 'jsonl'], 'Give i/n'],
    [['--shard', '1/3'], '--format jsonl'],
    [['--shard', '1/3', '--format', 'jsonl', '--write-baseline', 'x'], 'without --shard'],
  ])('%j is wrong usage', async (args, reason) => {
    const { code, stderr } = await runCli(['scan', temporaryFolder(), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });
});
