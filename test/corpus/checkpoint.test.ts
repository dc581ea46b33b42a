import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertNoPartialReport, CheckpointError, resumeReport } from '../../src/corpus/checkpoint.js';
import { summarySchema } from '../../src/corpus/scanLine.js';
import { ScanTally } from '../../src/corpus/scanTally.js';
import { collect } from './collect.js';
import { headerFor, startScan } from './scanFixture.js';
import { temporaryFolder } from './temporaryFolder.js';

const record = (index: number): string =>
  JSON.stringify({ text: `${'filler '.repeat(200)}\nBAD: n\nhigh ${index}` });

function corpus(): string {
  return temporaryFolder({
    'a.md': 'BAD: a\nhigh 1\n\nBAD: a\nunscorable\n',
    'b.jsonl': Array.from({ length: 500 }, (_, index) =>
      index === 250 ? '{torn\n' : `${record(index)}\n`,
    ).join(''),
    'c.bin': new Uint8Array([0, 1]),
    'd.md': Buffer.concat([Buffer.from('BAD: d\nmedium '), Buffer.from([0xff])]),
  });
}

async function reportOf(paths: readonly string[]): Promise<string[]> {
  return (await collect(startScan({ paths }))).map((line) => `${JSON.stringify(line)}\n`);
}

/** Goes on with what is in the partial report and returns all of it in the end. */
async function resumed(output: string, paths: readonly string[]): Promise<string[]> {
  const tally = new ScanTally();
  const done = await resumeReport(output, headerFor(paths), tally);
  for (const line of await collect(startScan({ paths, done, tally }))) {
    appendFileSync(`${output}.partial`, `${JSON.stringify(line)}\n`);
  }
  return readFileSync(`${output}.partial`, 'utf8').split(/(?<=\n)/);
}

/** Times, and how many measures were computed, are those of the last run. */
function withoutTimes(line: string | undefined): object {
  const summary = summarySchema.parse(JSON.parse(line ?? '{}'));
  return {
    ...summary,
    measures: undefined,
    resumed: true,
    ms: 0,
    stages: summary.stages.map((stage) => ({ ...stage, ms: 0 })),
  };
}

describe('resumeReport', () => {
  it('goes on from any cut without a loss or a double', async () => {
    const paths = [corpus()];
    const whole = await reportOf(paths);
    const text = whole.join('');
    const output = join(temporaryFolder(), 'report.jsonl');
    const cuts = [
      0,
      10,
      whole[0]?.length ?? 0,
      text.length - 1,
      ...Array.from({ length: 12 }, (_, index) => Math.floor((text.length * (index + 1)) / 13.7)),
    ];
    for (const cut of cuts) {
      writeFileSync(`${output}.partial`, text.slice(0, cut));
      const lines = await resumed(output, paths);
      expect(lines.slice(0, -1), `cut at ${cut}`).toEqual(whole.slice(0, -1));
      expect(withoutTimes(lines.at(-1)), `cut at ${cut}`).toEqual(withoutTimes(whole.at(-1)));
    }
  });

  it('drops a line that was torn just before its line break', async () => {
    const paths = [corpus()];
    const whole = await reportOf(paths);
    const unit = whole.findIndex((line) => line.startsWith('{"type":"unit"'));
    const output = join(temporaryFolder(), 'report.jsonl');
    writeFileSync(
      `${output}.partial`,
      whole
        .slice(0, unit + 1)
        .join('')
        .trimEnd(),
    );
    expect((await resumed(output, paths)).slice(0, -1)).toEqual(whole.slice(0, -1));
  });

  it('takes up a report that was ended, for files that came later', async () => {
    const folder = temporaryFolder({ 'a.md': 'BAD: a\nhigh 1\n' });
    const output = join(temporaryFolder(), 'report.jsonl');
    writeFileSync(output, (await reportOf([folder])).join(''));
    writeFileSync(join(folder, 'b.md'), 'BAD: b\nhigh 2\n');
    const lines = await resumed(output, [folder]);
    expect(lines.slice(0, -1)).toEqual((await reportOf([folder])).slice(0, -1));
  });

  it('starts anew where there is nothing to resume', async () => {
    const output = join(temporaryFolder(), 'report.jsonl');
    const tally = new ScanTally();
    await resumeReport(output, headerFor(['x']), tally);
    expect(tally.isResumed).toBe(false);
    expect(existsSync(`${output}.partial`)).toBe(false);
  });

  it('refuses to go on with a scan that was asked for something else', async () => {
    const paths = [corpus()];
    const output = join(temporaryFolder(), 'report.jsonl');
    writeFileSync(`${output}.partial`, (await reportOf(paths)).join(''));
    const other = resumeReport(output, headerFor(paths, { minLevel: 'high' }), new ScanTally());
    await expect(other).rejects.toThrow(CheckpointError);
    await expect(other).rejects.toThrow('minLevel was "none", now "high"');
  });

  it('refuses a file that is no report, and leaves it as it is', async () => {
    const output = join(temporaryFolder(), 'report.jsonl');
    for (const foreign of ['{"type":"summary"}\n', 'my notes\n', '{"a":1}\n']) {
      writeFileSync(`${output}.partial`, foreign);
      await expect(resumeReport(output, headerFor(['x']), new ScanTally())).rejects.toThrow(CheckpointError);
      expect(readFileSync(`${output}.partial`, 'utf8')).toBe(foreign);
    }
  });
});

describe('assertNoPartialReport', () => {
  it('protects the work of an interrupted scan', async () => {
    const output = join(temporaryFolder(), 'report.jsonl');
    await assertNoPartialReport(output);
    writeFileSync(`${output}.partial`, '');
    await expect(assertNoPartialReport(output)).rejects.toThrow('--resume');
  });
});
