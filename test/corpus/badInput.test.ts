import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { ScanLine, ScanOptions, Skipped, Summary } from '../../src/corpus/scanLine.js';
import { collect } from './collect.js';
import { parquetOf, storedZstd, zstdBomb } from './packedFiles.js';
import { startScan } from './scanFixture.js';
import { temporaryFolder } from './temporaryFolder.js';

const record = (index: number): string =>
  `${JSON.stringify({ text: `BAD: n\nhigh ${index} ${'x'.repeat(index % 97)}` })}\n`;
const jsonl = (count: number): string => Array.from({ length: count }, (_, at) => record(at + 1)).join('');

/** Each scan has a good file behind the bad one: the rest goes on. */
async function scanned(
  name: string,
  content: string | Uint8Array,
  options: Partial<ScanOptions> = {},
): Promise<{ records: number[]; skipped: Skipped[]; summary: Summary }> {
  const folder = temporaryFolder({ [name]: content, 'zz.md': 'BAD: so\nhigh last\n' });
  return outcomeOf(await collect(startScan({ paths: [folder], options })));
}

function outcomeOf(lines: readonly ScanLine[]): { records: number[]; skipped: Skipped[]; summary: Summary } {
  const summary = lines.at(-1);
  if (summary?.type !== 'summary') throw new Error('no summary');
  const findings = lines.flatMap((line) => (line.type === 'finding' ? [line] : []));
  expect(findings.at(-1)?.text.payload, 'the scan goes on').toBe('high last');
  return {
    records: findings.slice(0, -1).map(({ source }) => source.record ?? 0),
    skipped: lines.flatMap((line) => (line.type === 'skipped' ? [line] : [])),
    summary,
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

describe('damaged files', () => {
  it.each([
    ['gzip', 'a.jsonl.gz', gzipSync],
    ['zstd', 'a.jsonl.zst', (text: string) => storedZstd(Buffer.from(text))],
  ])('a %s stream that was cut: all that came before is there', async (_, name, pack) => {
    const whole = Buffer.from(pack(jsonl(3000)));
    const { records, skipped, summary } = await scanned(name, whole.subarray(0, whole.length - 200));
    expect(records.length).toBeGreaterThan(1000);
    expect(records).toEqual(upTo(records.length));
    expect(skipped.at(-1)).toMatchObject({ reason: 'truncated' });
    expect(skipped.at(-1)?.record).toBeGreaterThan(records.length);
    expect(summary.lost).toBeGreaterThan(0);
  });

  it('a gzip stream that is damaged in its middle', async () => {
    const whole = Buffer.from(gzipSync(jsonl(3000)));
    whole.fill(0xff, 5000, 5050);
    const { skipped } = await scanned('a.jsonl.gz', whole);
    expect(skipped.at(-1)).toMatchObject({
      reason: 'corrupt',
      detail: expect.stringContaining('no gzip stream'),
    });
  });

  it('a Zstandard stream that is none', async () => {
    const { skipped } = await scanned(
      'a.jsonl.zst',
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 1, 2, 3, 4, 5, 6]),
    );
    expect(skipped).toHaveLength(1);
    expect(skipped[0]).toMatchObject({ record: 1 });
    expect(['corrupt', 'truncated']).toContain(skipped[0]?.reason);
  });

  const parquet = parquetOf({ text: upTo(30).map((at) => `BAD: n\nhigh ${at}`) }, 10);

  it('a Parquet file that was cut', async () => {
    const { skipped, summary } = await scanned('a.parquet', parquet.subarray(0, parquet.length - 20));
    expect(skipped).toMatchObject([
      { reason: 'truncated', detail: expect.stringContaining('no Parquet footer') },
    ]);
    expect(summary.lost).toBe(1);
  });

  it('a Parquet footer that is damaged', async () => {
    const damaged = Uint8Array.from(parquet);
    damaged.fill(0xff, damaged.length - 200, damaged.length - 8);
    const { skipped } = await scanned('a.parquet', damaged);
    expect(skipped).toMatchObject([{ reason: 'corrupt', detail: expect.stringContaining('footer') }]);
  });

  it('a row group that is damaged: the others are read', async () => {
    const clean = await scanned('a.parquet', parquet);
    expect(clean.records).toEqual(upTo(30));
    const damaged = Uint8Array.from(parquet);
    damaged.fill(0xff, 6, 20);
    const { records, skipped, summary } = await scanned('a.parquet', damaged);
    expect(records).toEqual(upTo(30).slice(10));
    expect(skipped).toMatchObject([
      { reason: 'corrupt', record: 1, detail: expect.stringContaining('rows 1 to 10') },
    ]);
    expect(summary.records).toEqual({ read: 30, scanned: 20, skipped: 10, blank: 0 });
  });

  it('an array that does not end', async () => {
    const { records, skipped } = await scanned('a.json', `[${upTo(3).map(record).join(',')}`);
    expect(records).toEqual([1, 2, 3]);
    expect(skipped).toMatchObject([{ reason: 'truncated', record: 4 }]);
  });
});

describe('hostile files', () => {
  it('a line of 2 GB: read through, with flat memory', async () => {
    const folder = temporaryFolder({ 'zz.md': 'BAD: so\nhigh last\n' });
    const path = join(folder, 'a.jsonl');
    const file = openSync(path, 'w');
    writeSync(file, `${record(1)}{"text":"`);
    // A hole in the file: 2 GB of NUL.
    const end = 2 * 1024 ** 3;
    ftruncateSync(file, end);
    writeSync(file, `"}\n${record(3)}`, end);
    closeSync(file);
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const lines = await collect(startScan({ paths: [folder] })).finally(() => {
      clearInterval(watch);
    });
    const { records, skipped } = outcomeOf(lines);
    expect(records).toEqual([1, 3]);
    expect(skipped).toMatchObject([{ reason: 'too-large', record: 2 }]);
    expect(most - before).toBeLessThan(300 * 1024 ** 2);
  });

  it.each([
    [
      'in a line',
      'a.jsonl',
      `${record(1)}{"text":"BAD: n\\nhigh","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n${record(3)}`,
    ],
    [
      'in an array',
      'a.json',
      `[${record(1)},{"text":"BAD: n\\nhigh","x":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}},${record(3)}]`,
    ],
  ])('nesting of 100,000 levels %s', async (_, name, content) => {
    const { records, skipped } = await scanned(name, content, { maxFileSize: 10_000_000 });
    const seen = [...records, ...skipped.map((line) => line.record)].sort();
    expect(seen).toEqual([1, 2, 3]);
  });

  it.each([
    [
      'gzip',
      'a.jsonl.gz',
      () => gzipSync(Buffer.concat([Buffer.from(record(1)), Buffer.alloc(100 * 1024 ** 2)])),
    ],
    ['zstd', 'a.jsonl.zst', () => Buffer.concat([storedZstd(Buffer.from(record(1))), zstdBomb(50_000)])],
  ])('a %s bomb ends where it shows', async (_, name, pack) => {
    const { records, skipped } = await scanned(name, pack());
    expect(records).toEqual([1]);
    expect(skipped).toMatchObject([
      { reason: 'too-compressed', record: 2, detail: expect.stringContaining('bomb') },
    ]);
  });

  it('a page of Parquet that claims too much is not unpacked', async () => {
    const { records, skipped, summary } = await scanned(
      'a.parquet',
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [{ name: 'text', data: ['x'.repeat(100 * 1024 ** 2)] }],
          codec: 'GZIP',
          compressors: { GZIP: gzipSync },
        }),
      ),
    );
    expect(records).toEqual([]);
    expect(skipped).toMatchObject([{ reason: 'too-compressed', record: 1 }]);
    expect(summary.lost).toBe(1);
  });

  it('a few bytes of Parquet that stand for millions of rows are not unpacked', async () => {
    const text = Array<string>(1_200_000).fill('BAD: n\nhigh');
    const { records, skipped, summary } = await scanned('a.parquet', parquetOf({ text }, text.length));
    expect(records).toEqual([]);
    expect(skipped).toMatchObject([
      { reason: 'too-compressed', record: 1, detail: expect.stringContaining('1200000 rows in') },
    ]);
    expect(summary.lost).toBe(1);
  });

  it('a unit that takes too long: the rest of it is told by its first record', async () => {
    // A budget of nothing is used up by the first text.
    const { records, skipped, summary } = await scanned('a.jsonl', jsonl(20), { unitTime: 0 });
    expect(records).toEqual([1]);
    expect(skipped).toMatchObject([
      { reason: 'out-of-time', record: 2, detail: expect.stringContaining('19 records') },
    ]);
    expect(summary.records).toEqual({ read: 20, scanned: 1, skipped: 19, blank: 0 });
  });
});

describe('files that change', () => {
  it('one that is written to meanwhile is told', async () => {
    const folder = temporaryFolder({ 'a.jsonl': jsonl(5000), 'zz.md': 'BAD: so\nhigh last\n' });
    const lines: ScanLine[] = [];
    for await (const line of startScan({ paths: [folder] })) {
      if (lines.length === 1) appendFileSync(join(folder, 'a.jsonl'), record(1));
      lines.push(line);
    }
    expect(outcomeOf(lines).skipped).toMatchObject([{ reason: 'changed', path: join(folder, 'a.jsonl') }]);
  });

  it('one that vanishes before its turn is told', async () => {
    const folder = temporaryFolder({
      'a.jsonl': jsonl(5000),
      'b.jsonl': jsonl(1),
      'zz.md': 'BAD: so\nhigh last\n',
    });
    const lines: ScanLine[] = [];
    for await (const line of startScan({ paths: [folder] })) {
      if (lines.length === 1) unlinkSync(join(folder, 'b.jsonl'));
      lines.push(line);
    }
    expect(outcomeOf(lines).skipped).toMatchObject([{ reason: 'missing', path: join(folder, 'b.jsonl') }]);
  });

  it('one that became another since the earlier scan is not read from its middle', async () => {
    const folder = temporaryFolder({ 'a.jsonl': jsonl(100), 'zz.md': 'BAD: so\nhigh last\n' });
    const begun = { byte: 10, records: 1 };
    const done = {
      isDone: () => false,
      startOf: (path: string) => (path.endsWith('a.jsonl') ? begun : undefined),
    };
    const { skipped } = outcomeOf(await collect(startScan({ paths: [folder], done })));
    expect(skipped).toMatchObject([{ reason: 'changed', detail: expect.stringContaining('byte 10') }]);
  });

  it.skipIf(process.getuid?.() === 0)('one that may not be read is told', async () => {
    const folder = temporaryFolder({ 'a.jsonl': jsonl(1), 'zz.md': 'BAD: so\nhigh last\n' });
    chmodSync(join(folder, 'a.jsonl'), 0);
    expect(outcomeOf(await collect(startScan({ paths: [folder] }))).skipped).toMatchObject([
      { reason: 'no-permission' },
    ]);
  });
});

describe('counts', () => {
  it('a range that is missing from a report is no whole scan', async () => {
    const folder = temporaryFolder({ 'a.jsonl': jsonl(8000) });
    const { ScanTally } = await import('../../src/corpus/scanTally.js');
    const lines = await collect(startScan({ paths: [folder] }));
    const units = lines.filter((line) => line.type === 'unit');
    expect(units.length).toBeGreaterThan(2);
    const without = new ScanTally();
    expect(() => {
      for (const unit of units) if (unit !== units[1]) without.takeOver(unit);
    }).toThrow('went in');
    const unended = new ScanTally();
    for (const unit of units.slice(0, -1)) unended.takeOver(unit);
    expect(() => unended.assertWhole()).toThrow('nothing was read after');
  });
});
