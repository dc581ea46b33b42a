import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../src/corpus/scanLine.js';
import { parquetOf, storedZstd } from '../corpus/packedFiles.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { randomNumbers } from '../randomNumbers.js';
import { buildFakeCli, runCli, startCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

const text = (index: number): string => `${'filler '.repeat(60)}\nBAD: n\nhigh ${index}`;
const jsonl = (count: number): string =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify({ text: text(at) })}\n`).join('');

function corpus(): string {
  return temporaryFolder({
    'a.jsonl': jsonl(1200),
    'b.jsonl.gz': gzipSync(jsonl(1200)),
    'c.parquet': parquetOf({ text: Array.from({ length: 240 }, (_, at) => text(at)) }, 20),
    'd.jsonl.zst': storedZstd(Buffer.from(jsonl(600))),
    'e.md': 'BAD: so\nhigh\n',
  });
}

const linesBeforeSummary = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -2);

/** What both say of repeats is the same, whichever run counted them. */
function exposuresOf(file: string): unknown {
  const summary = JSON.parse(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)!) as Summary;
  expect(summary.exposures.repeated).toBeGreaterThan(0);
  return summary.exposures;
}

describe('a scan that is killed', () => {
  it('goes on with --resume to the report of an undisturbed scan', async () => {
    const folder = corpus();
    const args = (output: string): string[] => ['scan', folder, '--format', 'jsonl', '--output', output];
    const whole = join(temporaryFolder(), 'whole.jsonl');
    const started = performance.now();
    expect((await runCli(args(whole))).code).toBe(0);
    const length = performance.now() - started;
    const random = randomNumbers(7);
    for (let run = 0; run < Number(process.env['BACKFIRE_KILLS'] ?? 4); run++) {
      const output = join(temporaryFolder(), 'report.jsonl');
      // Killed while it goes on, too.
      for (let kills = 0; kills < 2; kills++) {
        const { child, ended } = startCli([...args(output), '--resume']);
        const timer = setTimeout(() => child.kill('SIGKILL'), random() * length);
        await ended;
        clearTimeout(timer);
      }
      expect((await runCli([...args(output), '--resume'])).code).toBe(0);
      expect(linesBeforeSummary(output), `run ${run}`).toEqual(linesBeforeSummary(whole));
      expect(exposuresOf(output), `run ${run}`).toEqual(exposuresOf(whole));
      expect(existsSync(`${output}.partial`)).toBe(false);
    }
  });
});

describe('a full disk', () => {
  it('ends the scan with its reason, and --resume goes on when there is room', async () => {
    const folder = corpus();
    const args = (output: string): string[] => ['scan', folder, '--format', 'jsonl', '--output', output];
    const whole = join(temporaryFolder(), 'whole.jsonl');
    await runCli(args(whole));
    const output = join(temporaryFolder(), 'report.jsonl');
    // A limit of 512 KiB a file stands in for the disk.
    const shell = 'trap "" XFSZ; ulimit -f 512; exec "$@"';
    const { code, stderr } = await runCli(args(output), '', {}, shell);
    expect([code, existsSync(output)]).toEqual([3, false]);
    expect(stderr).toContain('cannot be written: EFBIG');
    expect(stderr).toContain('--resume goes on');
    expect((await runCli([...args(output), '--resume'])).code).toBe(0);
    expect(linesBeforeSummary(output)).toEqual(linesBeforeSummary(whole));
  });

  it.skipIf(!existsSync('/dev/full'))('is told of when it is help that has no room', async () => {
    const { code, stderr } = await runCli(['--help'], '', {}, 'exec "$@" > /dev/full');
    expect([code, stderr]).toEqual([3, expect.stringContaining('ENOSPC')]);
  });

  it.skipIf(!existsSync('/dev/full'))('is no reader that has left, on standard output', async () => {
    const folder = temporaryFolder({ 'a.md': 'BAD: so\nhigh\n' });
    const { code, stderr } = await runCli(['scan', folder], '', {}, 'exec "$@" > /dev/full');
    expect(code).toBe(3);
    expect(stderr).toContain('ENOSPC');
  });
});

describe('a reader that has gone', () => {
  it.each([['scan', '--help'], ['schema', 'finding'], ['--version']])(
    'is no crash: %s %s',
    async (...args) => {
      const { stderr } = await runCli(args.filter(Boolean), '', {}, '"$@" | true');
      expect(stderr).toBe('');
    },
  );
});
