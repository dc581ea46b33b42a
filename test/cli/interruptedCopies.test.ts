import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { parquetOf } from '../corpus/packedFiles.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { randomNumbers } from '../randomNumbers.js';
import { buildFakeCli, runCli, startCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

/** Kills of each command; the figure in docs/corpora.md comes from 50. */
const kills = Number(process.env['BACKFIRE_KILLS'] ?? 3);

const text = (index: number): string => `${'filler '.repeat(40)}\nBAD: n\nhigh ${index}`;
const jsonl = Array.from({ length: 1500 }, (_, at) => `${JSON.stringify({ text: text(at) })}\n`).join('');

async function scanned(path: string, ...more: string[]): Promise<string> {
  const report = join(temporaryFolder(), 'report.jsonl');
  const { code, stderr } = await runCli(['scan', path, '--format', 'jsonl', '--output', report, ...more]);
  expect(code, stderr).toBe(0);
  return report;
}

/** Kills the command at random moments of its run: under its name there is all or nothing, and the next run mends it. */
async function killed(name: string, command: (output: string) => string[], seed: number): Promise<void> {
  const whole = join(temporaryFolder(), name);
  const started = performance.now();
  expect((await runCli(command(whole))).code).toBe(0);
  const length = performance.now() - started;
  const expected = readFileSync(whole);
  const random = randomNumbers(seed);
  let torn = 0;
  for (let run = 0; run < kills; run++) {
    const output = join(temporaryFolder(), name);
    const { child, ended } = startCli(command(output));
    const timer = setTimeout(() => child.kill('SIGKILL'), random() * length);
    await ended;
    clearTimeout(timer);
    if (existsSync(output)) expect(readFileSync(output).equals(expected), `run ${run}`).toBe(true);
    else if (existsSync(`${output}.partial`)) torn += 1;
    expect((await runCli(command(output))).code).toBe(0);
    expect(readFileSync(output).equals(expected), `run ${run}, done again`).toBe(true);
    expect(existsSync(`${output}.partial`)).toBe(false);
  }
  // Else nothing was ever interrupted while it wrote.
  if (kills >= 50) expect(torn).toBeGreaterThan(kills / 10);
}

describe('a merge that is killed', () => {
  it('leaves nothing that looks whole, and is whole when it runs again', async () => {
    const folder = temporaryFolder({ 'a.jsonl': jsonl, 'b.jsonl': jsonl, 'c.jsonl': jsonl });
    const shards = [await scanned(folder, '--shard', '1/2'), await scanned(folder, '--shard', '2/2')];
    await killed('merged.jsonl', (output) => ['merge', output, ...shards], 21);
  });
});

describe('a masked copy that is killed', () => {
  it.each([
    ['jsonl', jsonl],
    ['jsonl.gz', gzipSync(jsonl)],
    ['parquet', parquetOf({ text: Array.from({ length: 1500 }, (_, at) => text(at)) }, 50)],
  ])(
    'of .%s leaves nothing that looks whole, and is whole when it is made again',
    async (ending, content) => {
      const path = join(temporaryFolder({ [`a.${ending}`]: content }), `a.${ending}`);
      const report = await scanned(path);
      await killed(
        `copy.${ending}`,
        (output) => ['mask', path, '--findings', report, '--output', output],
        22,
      );
    },
  );
});
