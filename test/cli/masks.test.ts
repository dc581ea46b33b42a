import { Ajv2020 } from 'ajv/dist/2020.js';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { schemaText } from '../../src/cli/schemaCommand.js';
import type { MaskLine } from '../../src/report/maskLine.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

const pack = fileURLToPath(new URL('../../models/smollm2-135m-instruct', import.meta.url));
const records = [
  '{"id":"a","n":12345678901234567890,"text":"é😀 BAD: x\\nhigh 😀 end\\nfine"}',
  '{"id":"b","text":"nothing"}',
  '{oops',
  '{"id":"c","messages":[{"role":"user","content":"😀?"},{"role":"assistant","content":"BAD: y\\nlow z"}]} ',
  '',
  '"a string: BAD: k\\nmedium"',
].join('\n');

function parsed<T>(text: string): T[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

async function reportOf(folder: string, file: string): Promise<string> {
  const report = join(folder, 'report.jsonl');
  const { code } = await runCli([
    'scan',
    join(folder, file),
    '--kind',
    'all',
    '--format',
    'jsonl',
    '--output',
    report,
  ]);
  // 3: a line that is no JSON is lost.
  expect([0, 3]).toContain(code);
  return report;
}

describe('--format masks', () => {
  it('gives spans in code units, code points and tokens of the very text', async () => {
    const folder = temporaryFolder({
      'r.jsonl': records,
      'a.md': 'BAD: so\nhigh there\nBAD: more\nhigh 2\n',
    });
    const masks = join(folder, 'masks.jsonl');
    const ended = await runCli([
      ...['scan', join(folder, 'r.jsonl'), join(folder, 'a.md'), '--kind', 'all'],
      ...['--pack', pack, '--format', 'masks', '--output', masks],
    ]);
    expect(ended.code, ended.stderr).toBe(3);
    const lines = parsed<MaskLine>(readFileSync(masks, 'utf8'));
    const isMaskLine = new Ajv2020({ allowUnionTypes: true }).compile(
      JSON.parse(schemaText('mask-line')) as object,
    );
    for (const line of lines) expect(isMaskLine(line), JSON.stringify(isMaskLine.errors)).toBe(true);

    const [text, chat, string, file] = lines;
    const whole = 'é😀 BAD: x\nhigh 😀 end\nfine';
    expect(text).toMatchObject({
      record: 1,
      id: 'a',
      field: 'text',
      tokenizer: 'smollm2-135m-instruct@1.0.0',
    });
    expect(text!.sha256).toBe(createHash('sha256').update(whole).digest('hex'));
    expect(text!.length).toMatchObject({ utf16: whole.length, codePoints: Array.from(whole).length });
    const [{ utf16, codePoints }] = text!.spans as [MaskLine['spans'][number]];
    expect(whole.slice(...utf16)).toBe('high 😀 end');
    expect(
      Array.from(whole)
        .slice(...codePoints)
        .join(''),
    ).toBe('high 😀 end');

    expect(chat).toMatchObject({
      record: 4,
      id: 'c',
      field: 'messages.1.content',
      spans: [{ utf16: [7, 12], codePoints: [7, 12] }],
    });
    expect(string).toMatchObject({ record: 6, field: '', spans: [{ utf16: [17, 23] }] });
    expect(file).toMatchObject({ path: join(folder, 'a.md'), field: '' });
    expect(file!.spans).toHaveLength(2);
  });

  it('leaves no file under its name when a text is another than the scan saw', async () => {
    const folder = temporaryFolder({ 'a.md': 'BAD: so\nhigh\n', 'b.md': 'BAD: so\nhigh b\n' });
    const report = await reportOf(folder, '.');
    writeFileSync(join(folder, 'a.md'), 'changed\n');
    const masks = join(folder, 'masks.jsonl');
    const ended = await runCli(['report', report, '--pack', pack, '--format', 'masks', '--output', masks]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringMatching(/a\.md: .*scan it again/)]);
    expect(existsSync(masks)).toBe(false);
    // The others are done all the same.
    expect(parsed(readFileSync(`${masks}.partial`, 'utf8'))).toMatchObject([{ path: join(folder, 'b.md') }]);
  });

  it('refuses the report of a scan that was interrupted: what it did not reach would be taught', async () => {
    const folder = temporaryFolder({ 'a.md': 'BAD: so\nhigh\n' });
    const report = await reportOf(folder, '.');
    writeFileSync(report, readFileSync(report, 'utf8').replace('"interrupted":false', '"interrupted":true'));
    const ended = await runCli(['report', report, '--pack', pack, '--format', 'masks']);
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringContaining('interrupted: go on with --resume'),
    ]);
  });

  it('does not take standard input, which it could not read again', async () => {
    const ended = await runCli(['scan', '-', '--format', 'masks'], 'BAD: so\nhigh\n');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('read once only')]);
  });
});

describe('backfire mask', () => {
  const masking = (folder: string, report: string, ...more: string[]) =>
    runCli([
      'mask',
      join(folder, 'r.jsonl'),
      '--findings',
      report,
      '--output',
      join(folder, 'out.jsonl'),
      ...more,
    ]);

  it('adds the spans to each record and alters nothing else in it', async () => {
    const folder = temporaryFolder({ 'r.jsonl': records.split('\n').slice(0, 5).join('\n') });
    const ended = await masking(folder, await reportOf(folder, 'r.jsonl'));
    expect([ended.code, ended.stderr]).toEqual([
      0,
      '4 rows in, 4 out, 2 with spans to mask, 1 left as they are: no JSON object\n',
    ]);
    const rows = readFileSync(join(folder, 'out.jsonl'), 'utf8').split('\n');
    expect(rows[0]).toBe(
      `${records.split('\n')[0]!.slice(0, -1)},"loss_mask_spans":[{"field":"text","start":10,"end":20}]}`,
    );
    expect(rows[1]).toBe('{"id":"b","text":"nothing","loss_mask_spans":[]}');
    expect(rows[2]).toBe('{oops');
    expect(rows[3]!.endsWith('"loss_mask_spans":[{"field":"messages.1.content","start":7,"end":12}]} ')).toBe(
      true,
    );
  });

  it('drops the records that hold something, and passes the others on byte by byte', async () => {
    const folder = temporaryFolder({ 'r.jsonl': records });
    const ended = await masking(folder, await reportOf(folder, 'r.jsonl'), '--mode', 'drop');
    expect([ended.code, ended.stderr]).toEqual([0, '6 rows in, 3 out, 3 dropped\n']);
    const rows = records.split('\n');
    expect(readFileSync(join(folder, 'out.jsonl'), 'utf8')).toBe([rows[1], rows[2], rows[4], ''].join('\n'));
  });

  it('takes findings from a level alone', async () => {
    const folder = temporaryFolder({ 'r.jsonl': records });
    const report = await reportOf(folder, 'r.jsonl');
    const ended = await masking(folder, report, '--mode', 'drop', '--min-level', 'high');
    expect(ended.stderr).toBe('6 rows in, 5 out, 1 dropped\n');
  });

  it.each([
    ['a record that is no object', records, 'use --mode drop'],
    ['a field that is taken', '{"loss_mask_spans":1,"text":"fine"}\n', 'name another with --field'],
  ])('refuses %s, and leaves no file under its name', async (_, content, message) => {
    const folder = temporaryFolder({ 'r.jsonl': content });
    const ended = await masking(folder, await reportOf(folder, 'r.jsonl'));
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(join(folder, 'out.jsonl'))).toBe(false);
  });

  it('refuses a file that has grown since, and one that the report does not know', async () => {
    const folder = temporaryFolder({ 'r.jsonl': records, 'x.jsonl': '' });
    const report = await reportOf(folder, 'r.jsonl');
    writeFileSync(join(folder, 'r.jsonl'), `${records}\n{}\n`);
    expect((await masking(folder, report, '--mode', 'drop')).stderr).toContain('7 lines, the scan saw 6');
    const output = join(folder, 'out.jsonl');
    const other = await runCli(['mask', join(folder, 'x.jsonl'), '--findings', report, '--output', output]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('knows nothing of')]);
  });
});

describe('--format dolma', () => {
  const documents = '{"id":"1","text":"😀 BAD: x\\nhigh a"}\n{"id":"2","text":"fine"}\n';

  it('writes a line for each document in order, and two configurations of the mixer', async () => {
    const folder = temporaryFolder({ 'documents/en/p.jsonl': documents, 'documents/q.jsonl': documents });
    const output = join(folder, 'out');
    const ended = await runCli([
      ...['scan', join(folder, 'documents'), '--kind', 'all', '--format', 'dolma', '--output', output],
    ]);
    expect(ended.code, ended.stderr).toBe(0);
    for (const name of ['en/p.jsonl', 'q.jsonl']) {
      const lines = parsed<{ id: string; attributes: Record<string, [number, number, number][]> }>(
        readFileSync(join(output, 'attributes/backfire', name), 'utf8'),
      );
      expect(lines.map(({ id }) => id)).toEqual(['1', '2']);
      const [[start, end]] = lines[0]!.attributes['backfire__payload__taught'] as [[number, number, number]];
      expect(Array.from('😀 BAD: x\nhigh a').slice(start, end).join('')).toBe('high a');
      expect(lines[1]!.attributes['backfire__payload__taught']).toEqual([]);
    }
    const config = JSON.parse(readFileSync(join(output, 'mixer-mask.json'), 'utf8')) as object;
    expect(config).toMatchObject({ streams: [{ attributes: ['backfire'] }] });
    const again = await runCli(['scan', folder, '--format', 'dolma', '--output', output]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is there already')]);
  });

  it('says which files have no place there, and keeps the folder provisional', async () => {
    const folder = temporaryFolder({
      'documents/a.md': 'BAD: x\nhigh\n',
      'documents/b.jsonl': '{"text":"x"}\n',
    });
    const output = join(folder, 'out');
    const ended = await runCli(['scan', join(folder, 'documents'), '--format', 'dolma', '--output', output]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/a\.md: is no JSONL file[^]*b\.jsonl: line 1 has no "id"/);
    expect(existsSync(output)).toBe(false);
  });
});

it('reads and writes compressed files', async () => {
  const folder = temporaryFolder({ 'r.jsonl': records.split('\n')[0]! });
  const report = await reportOf(folder, 'r.jsonl');
  // What a scan of the compressed file says, but for the places in bytes.
  const zipped = join(folder, 'r.jsonl.gz');
  writeFileSync(zipped, gzipSync(readFileSync(join(folder, 'r.jsonl'))));
  writeFileSync(report, readFileSync(report, 'utf8').replaceAll('r.jsonl"', 'r.jsonl.gz"'));
  const output = join(folder, 'out.jsonl.gz');
  const ended = await runCli(['mask', zipped, '--findings', report, '--output', output]);
  expect(ended.stderr).toBe('1 rows in, 1 out, 1 with spans to mask\n');
  expect(gunzipSync(readFileSync(output)).toString()).toContain('"loss_mask_spans":[{"field":"text"');
});
