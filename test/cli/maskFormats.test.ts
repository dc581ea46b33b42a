import { parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MaskLine } from '../../src/report/maskLine.js';
import { parquetOf, storedZstd } from '../corpus/packedFiles.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

const pack = fileURLToPath(new URL('../../models/smollm2-135m-instruct', import.meta.url));

async function reportOf(path: string): Promise<string> {
  const report = join(temporaryFolder(), 'report.jsonl');
  const ended = await runCli(['scan', path, '--kind', 'all', '--format', 'jsonl', '--output', report]);
  expect(ended.code, ended.stderr).toBe(0);
  return report;
}

const chat = (index: number): object[] => [
  { role: 'user', content: `how? ${index}` },
  { role: 'assistant', content: index % 3 === 0 ? `é😀 BAD: x\nhigh 😀 ${index}` : 'like so' },
];
const rows = Array.from({ length: 25 }, (_, index) => index);
const columns = {
  id: rows.map((index) => `r${index}`),
  messages: rows.map(chat),
  size: rows.map((index) => BigInt(2 ** 53) + BigInt(index)),
  score: rows.map((index) => (index % 4 === 0 ? null : index / 3)),
};

async function rowsOf(path: string): Promise<Record<string, unknown>[]> {
  const bytes = new Uint8Array(readFileSync(path));
  return parquetReadObjects({ file: bytes.buffer });
}

describe('backfire mask of Parquet', () => {
  const masking = async (content: Uint8Array, ...more: string[]) => {
    const folder = temporaryFolder({ 'a.parquet': content });
    const path = join(folder, 'a.parquet');
    const output = join(folder, 'copy.parquet');
    const ended = await runCli([
      'mask',
      path,
      '--findings',
      await reportOf(path),
      '--output',
      output,
      ...more,
    ]);
    return { path, output, ended };
  };

  it('adds a column with the spans, keeps every value and the row groups', async () => {
    const { path, output, ended } = await masking(parquetOf(columns, 10));
    expect([ended.code, ended.stderr]).toEqual([0, '25 rows in, 25 out, 9 with spans to mask\n']);
    const copied = await rowsOf(output);
    const masks = copied.map(({ loss_mask_spans: spans }) => spans);
    expect(masks[3]).toEqual([{ field: 'messages.1.content', start: 10n, end: 18n }]);
    expect(Array.from('é😀 BAD: x\nhigh 😀 3').slice(10, 18).join('')).toBe('high 😀 3');
    expect(masks[1]).toEqual([]);
    const originals = await rowsOf(path);
    expect(copied.map(({ loss_mask_spans: _, ...row }) => row)).toEqual(originals);
    const { row_groups: groups } = await parquetMetadataAsync(new Uint8Array(readFileSync(output)).buffer);
    expect(groups.map((group) => Number(group.num_rows))).toEqual([10, 10, 5]);
  });

  it('drops the rows that hold something, a whole row group of them, too', async () => {
    const lessons = rows.map((index) => (index < 10 ? 'BAD: x\nhigh' : `fine ${index}`));
    const { output, ended } = await masking(parquetOf({ text: lessons }, 10), '--mode', 'drop');
    expect([ended.code, ended.stderr]).toEqual([0, '25 rows in, 15 out, 10 dropped\n']);
    expect((await rowsOf(output)).map(({ text }) => text)).toEqual(lessons.slice(10));
  });

  it('keeps bytes that are no text, and integers of every width', async () => {
    const binary = rows.map((index) => Uint8Array.of(255, index, 0));
    const columnData = [
      { name: 'text', data: rows.map(() => 'BAD: x\nhigh') },
      { name: 'raw', data: binary },
      { name: 'small', data: rows },
    ];
    const required = { repetition_type: 'REQUIRED' } as const;
    const schema: SchemaElement[] = [
      { name: 'root', num_children: 3 },
      { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...required },
      { name: 'raw', type: 'BYTE_ARRAY', ...required },
      {
        name: 'small',
        type: 'INT32',
        ...required,
        logical_type: { type: 'INTEGER', bitWidth: 8, isSigned: false },
      },
    ];
    const written = parquetWriteBuffer({ columnData, schema });
    const { output, ended } = await masking(new Uint8Array(written));
    expect(ended.code, ended.stderr).toBe(0);
    const file = new Uint8Array(readFileSync(output)).buffer;
    const copied = await parquetReadObjects({ file, utf8: false });
    expect(copied.map(({ raw }) => raw as Uint8Array)).toEqual(binary);
    expect(copied.map(({ small }) => small as number)).toEqual(rows);
    const { schema: kept } = await parquetMetadataAsync(file);
    // The older name of the type, which every reader takes.
    expect(kept.find(({ name }) => name === 'small')).toMatchObject({ converted_type: 'UINT_8' });
  });

  it.each([
    ['a column whose values would not be kept', 'prices', 'prices is of type MAP'],
    ['a column of the name of the new one', 'loss_mask_spans', 'name another with --field'],
  ])('refuses %s, and leaves no file under its name', async (_, name, reason) => {
    const required = { repetition_type: 'REQUIRED' } as const;
    const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', ...required } as const;
    const isMap = name === 'prices';
    const schema: SchemaElement[] = [
      { name: 'root', num_children: 2 },
      { name: 'text', ...text },
      ...(isMap
        ? ([
            { name, converted_type: 'MAP', num_children: 1, ...required },
            { name: 'key_value', num_children: 2, repetition_type: 'REPEATED' },
            { name: 'key', ...text },
            { name: 'value', type: 'INT32', ...required },
          ] as const)
        : [{ name, type: 'INT32', ...required } as const]),
    ];
    const columnData = [
      { name: 'text', data: ['BAD: x\nhigh'] },
      { name, data: [isMap ? { tea: 1 } : 1] },
    ];
    const { ended, output } = await masking(new Uint8Array(parquetWriteBuffer({ columnData, schema })));
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(reason)]);
    expect(existsSync(output)).toBe(false);
  });

  it('refuses an output of another format', async () => {
    const { ended, output } = await masking(parquetOf({ text: ['BAD: x\nhigh'] }), '--output', 'x.jsonl');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('must end in .parquet')]);
    expect(existsSync(output)).toBe(false);
  });
});

describe('other formats', () => {
  const lines = rows
    .map((index) => `${JSON.stringify({ id: `r${index}`, text: `é BAD: x\nhigh ${index}` })}\n`)
    .join('');
  const canWriteZstd = 'createZstdCompress' in zlib;

  async function maskLinesOf(name: string, content: string | Uint8Array): Promise<MaskLine[]> {
    const path = join(temporaryFolder({ [name]: content }), name);
    const args = ['report', await reportOf(path), '--pack', pack, '--format', 'masks'];
    const { code, stdout, stderr } = await runCli(args);
    expect(code, stderr).toBe(0);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as MaskLine);
  }

  it('masks are the same whether JSONL is plain, compressed or an array', async () => {
    const placed = ({ path: _, ...rest }: MaskLine): object => rest;
    const plain = (await maskLinesOf('a.jsonl', lines)).map(placed);
    expect(plain).toHaveLength(rows.length);
    for (const [name, content] of [
      ['a.jsonl.gz', zlib.gzipSync(lines)],
      ['a.jsonl.zst', storedZstd(Buffer.from(lines))],
      ['a.json', `[${lines.trimEnd().replaceAll('\n', ',')}]`],
      ['a.parquet', parquetOf({ id: columns.id, text: rows.map((index) => `é BAD: x\nhigh ${index}`) }, 7)],
    ] as const)
      expect((await maskLinesOf(name, content)).map(placed), name).toEqual(plain);
  });

  it('masks of a notebook name the cell', async () => {
    const cells = [
      { cell_type: 'markdown', source: ['# Title\n'] },
      { cell_type: 'code', source: ['print(1)\n', '# BAD: so\n', 'high()\n'] },
    ];
    const [line, ...more] = await maskLinesOf('a.ipynb', JSON.stringify({ cells }));
    expect(more).toEqual([]);
    expect(line).toMatchObject({ field: 'cells.1.source', spans: [{ utf16: [19, 25] }] });
  });

  it('a copy of .zst is packed as its name says, or the way out is told', async () => {
    const folder = temporaryFolder({ 'a.jsonl.zst': storedZstd(Buffer.from(lines)) });
    const path = join(folder, 'a.jsonl.zst');
    const report = await reportOf(path);
    const copy = async (name: string) =>
      runCli(['mask', path, '--findings', report, '--output', join(folder, name)]);
    for (const name of ['b.jsonl', 'b.jsonl.gz'])
      expect((await copy(name)).stderr).toBe('25 rows in, 25 out, 25 with spans to mask\n');
    const plain = readFileSync(join(folder, 'b.jsonl'), 'utf8');
    expect(plain).toContain('"loss_mask_spans":[{"field":"text","start":9,"end":15}]}\n');
    expect(zlib.gunzipSync(readFileSync(join(folder, 'b.jsonl.gz'))).toString()).toBe(plain);
    const packed = await copy('b.jsonl.zst');
    if (canWriteZstd) {
      expect(packed.code, packed.stderr).toBe(0);
      const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync: (data: Buffer) => Buffer };
      expect(zstdDecompressSync(readFileSync(join(folder, 'b.jsonl.zst'))).toString()).toBe(plain);
    } else {
      expect([packed.code, packed.stderr]).toEqual([2, expect.stringContaining('or with .gz in its place')]);
      expect(existsSync(join(folder, 'b.jsonl.zst.partial'))).toBe(false);
    }
  });

  it('attributes of dolma are made for documents as it lays them out', async () => {
    const folder = temporaryFolder({ 'documents/a.json.gz': zlib.gzipSync(lines) });
    const output = join(folder, 'out');
    const args = [
      'report',
      await reportOf(join(folder, 'documents')),
      '--format',
      'dolma',
      '--output',
      output,
    ];
    expect((await runCli(args)).stderr).toBe('');
    const attributes = readFileSync(join(output, 'attributes/backfire/a.json.gz'));
    expect(zlib.gunzipSync(attributes).toString().trimEnd().split('\n')).toHaveLength(rows.length);
  });
});
