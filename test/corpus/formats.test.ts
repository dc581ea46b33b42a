import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/analysis/finding.js';
import { formatOf } from '../../src/corpus/formats.js';
import type { ScanLine, ScanOptions } from '../../src/corpus/scanLine.js';
import { readUnits } from '../../src/corpus/units.js';
import { nothingDone } from '../../src/corpus/unitInput.js';
import { collect } from './collect.js';
import { parquetOf, storedZstd } from './packedFiles.js';
import { headerFor, startScan } from './scanFixture.js';
import { temporaryFolder } from './temporaryFolder.js';

const record = (index: number): string => JSON.stringify({ id: index, text: `one\nBAD: n\nhigh ${index}` });
const jsonl = (count: number): string =>
  Array.from({ length: count }, (_, at) => `${record(at + 1)}\n`).join('');

async function scanned(
  files: Record<string, string | Uint8Array>,
  options: Partial<ScanOptions> = {},
): Promise<ScanLine[]> {
  return collect(startScan({ paths: [temporaryFolder(files)], options }));
}

function placesOf(lines: readonly ScanLine[]): string[] {
  return findingsOf(lines).map(
    ({ source, text }) =>
      `${source.record ?? ''} ${source.field ?? ''} ${source.line}:${source.column} ${text.payload}`,
  );
}

function findingsOf(lines: readonly ScanLine[]): Finding[] {
  return lines.filter((line): line is Finding => line.type === 'finding');
}

describe('formats of files', () => {
  const three = ['1 text 3:1 high 1', '2 text 3:1 high 2', '3 text 3:1 high 3'];
  it.each([
    ['a.jsonl', jsonl(3)],
    ['a.ndjson', jsonl(3)],
    ['a.jsonl.gz', gzipSync(jsonl(3))],
    ['of-several-members.jsonl.gz', Buffer.concat([gzipSync(jsonl(2)), gzipSync(`${record(3)}\n`)])],
    ['a.jsonl.zst', storedZstd(Buffer.from(jsonl(3)))],
    [
      'of-several-frames.zst',
      Buffer.concat([storedZstd(Buffer.from(jsonl(2))), storedZstd(Buffer.from(record(3)))]),
    ],
    ['lines.json.gz', gzipSync(jsonl(3))],
    ['lines.json', jsonl(3)],
    ['no-extension', jsonl(3)],
    ['no-extension-but-packed', gzipSync(jsonl(3))],
    ['wrongly-named.jsonl', gzipSync(jsonl(3))],
    ['array.json', `[${[1, 2, 3].map(record).join(',\n')}]\n`],
    [
      'array.json.gz',
      gzipSync(
        JSON.stringify(
          [1, 2, 3].map((at) => JSON.parse(record(at)) as unknown),
          null,
          2,
        ),
      ),
    ],
    ['a.parquet', parquetOf({ text: [1, 2, 3].map((at) => `one\nBAD: n\nhigh ${at}`) })],
    ['parquet-without-extension', parquetOf({ text: [1, 2, 3].map((at) => `one\nBAD: n\nhigh ${at}`) })],
  ])('reads %s record by record', async (name, content) => {
    expect(placesOf(await scanned({ [name]: content }))).toEqual(three);
  });

  it.each([
    ['package.json', '{"name": "x", "version": "1"}'],
    ['list.json', '[1, 2, 3]'],
    ['names.json', '[{"name": "x"}]'],
    ['pretty.json', '{\n  "text": "x"\n}'],
    ['notes.txt', jsonl(1)],
    ['README', 'Some words'],
    ['Makefile', '{ not: json\n'],
  ])('reads %s as a text', (name, content) => {
    expect(formatOf(name, Buffer.from(content))).toBe('text');
  });

  it('reads a packed text as what is inside', async () => {
    const lines = await scanned({
      'a.md.gz': gzipSync('x\nBAD: so\nhigh\n'),
      'b.md.zst': storedZstd(Buffer.from('BAD: so\nlow\n')),
    });
    expect(placesOf(lines)).toEqual(['  3:1 high', '  2:1 low']);
  });

  it('tells the format of standard input from its name, else from its content', async () => {
    for (const [name, bytes] of [
      ['', Buffer.from(jsonl(3))],
      ['', gzipSync(jsonl(3))],
      ['x.jsonl.zst', storedZstd(Buffer.from(jsonl(3)))],
    ] as const) {
      const { options } = headerFor(['-']);
      const stdin = { name, chunks: Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]) };
      const units = await collect(
        readUnits({ paths: ['-'], options, done: nothingDone, stdin, leaveOut: [] }),
      );
      expect(units).toMatchObject([{ kind: 'records', count: 3, range: { last: true, records: 3 } }]);
    }
  });

  it('says what to do with Parquet on standard input', async () => {
    const { options } = headerFor(['-']);
    const stdin = { name: '', chunks: Readable.from([parquetOf({ text: ['x'] })]) };
    const units = await collect(readUnits({ paths: ['-'], options, done: nothingDone, stdin, leaveOut: [] }));
    expect(units).toMatchObject([
      { kind: 'skipped', reason: 'unreadable', detail: expect.stringContaining('save it') },
    ]);
  });

  it('reads datasets as dolma and datatrove lay them out', async () => {
    const dolma = { id: 'd1', text: 'BAD: n\nhigh 1', source: 'web', metadata: { url: 'x' }, added: '2026' };
    const datatrove = {
      text: 'BAD: n\nhigh 2',
      id: 't1',
      metadata: { dump: 'x', text: 'BAD: not this\nhigh' },
    };
    const lines = await scanned(
      {
        'documents/0000.json.gz': gzipSync(`${JSON.stringify(dolma)}\n`),
        'out/00000.jsonl.gz': gzipSync(`${JSON.stringify(datatrove)}\n`),
      },
      { textField: 'text' },
    );
    expect(findingsOf(lines).map(({ id, source }) => [id, source.field])).toEqual([
      ['d1', 'text'],
      ['t1', 'text'],
    ]);
  });
});

describe('Parquet', () => {
  it('reads lists, structs and conversations', async () => {
    const content = parquetOf({
      id: ['a', 'b'],
      messages: ['1', '2'].map((at) => [
        { role: 'user', content: 'BAD: so' },
        { role: 'assistant', content: `high ${at}` },
      ]),
      meta: [{ text: 'BAD: m\nlow' }, { text: 'fine' }],
      embedding: [[0.5], [0.5]],
    });
    const lines = await scanned({ 'a.parquet': content });
    expect(
      findingsOf(lines).map(({ id, source, text }) => [id, source.record, source.field, text.payload]),
    ).toEqual([['a', 1, 'meta.text', 'low']]);
    // The frame and its payload stand apart in the joined text: that is for the real detector to find.
    const named = await scanned({ 'a.parquet': content }, { textField: 'meta.text' });
    expect(placesOf(named)).toEqual(['1 meta.text 2:1 low']);
  });

  it('makes a unit of each row group', async () => {
    const text = Array.from({ length: 25 }, (_, at) => `BAD: n\nhigh ${at + 1}`);
    const lines = await scanned({ 'a.parquet': parquetOf({ text }, 10) });
    const units = lines.flatMap((line) => (line.type === 'unit' ? [line] : []));
    expect(
      units.map(({ range, records }) => [range?.rowGroup, range?.records, range?.last, records.scanned]),
    ).toEqual([
      [0, 10, false, 10],
      [1, 20, false, 10],
      [2, 25, true, 5],
    ]);
    expect(findingsOf(lines).map(({ source }) => source.record)).toEqual(text.map((_, at) => at + 1));
  });

  it('names the columns where the one that was asked for is missing', async () => {
    const lines = await scanned({ 'a.parquet': parquetOf({ body: ['x'], n: [1] }) }, { textField: 'text' });
    expect(lines).toContainEqual(
      expect.objectContaining({
        type: 'skipped',
        reason: 'no-text',
        detail: 'no column "text"; there are body, n',
      }),
    );
  });
});

describe('Jupyter notebooks', () => {
  const notebook = (cells: unknown[]): string =>
    JSON.stringify({
      cells,
      metadata: { kernelspec: { language: 'python' } },
      nbformat: 4,
      nbformat_minor: 5,
    });

  it('are one document, and what is found stands in its cell', async () => {
    const lines = await scanned({
      'a.ipynb': notebook([
        { cell_type: 'markdown', source: ['# Title\n', 'BAD: so\n', 'high in words'] },
        { cell_type: 'raw', source: 'BAD: raw\nhigh' },
        { cell_type: 'code', source: 'x = 1\nBAD: so\nhigh ```` ticks', outputs: [{ text: 'BAD: o\nhigh' }] },
      ]),
    });
    expect(placesOf(lines)).toEqual([
      ' cells.0.source 3:1 high in words',
      ' cells.2.source 3:1 high ```` ticks',
    ]);
    expect(findingsOf(lines)[1]).toMatchObject({
      frame: { start: 6, end: 13 },
      payload: { start: 14, end: 29 },
    });
  });

  it.each([
    ['{"cells": [', 'malformed-json'],
    ['{"cells": 5}', 'corrupt'],
  ])('%s is told, not passed over', async (content, reason) => {
    expect(await scanned({ 'a.ipynb': content })).toContainEqual(
      expect.objectContaining({ type: 'skipped', reason }),
    );
  });
});

describe('conversations', () => {
  const messages = [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: [{ type: 'text', text: 'x\nBAD: so\nhigh a' }] },
    { role: 'assistant', content: 'y\n\nBAD: so\nmedium b' },
  ];
  const prefix = 'BAD: so';

  it.each([
    ['OpenAI', { messages }, ['1 messages.1.content.0.text 3:1 high a', '1 messages.2.content 4:1 medium b']],
    [
      'ShareGPT',
      { system: 'BAD: s\nlow', conversations: [{ from: 'gpt', value: `${prefix}\nhigh` }] },
      ['1 system 2:1 low', '1 conversations.0.value 2:1 high'],
    ],
    [
      'Alpaca',
      { instruction: 'Do', input: `${prefix}\nlow`, output: `${prefix}\nhigh` },
      ['1 input 2:1 low', '1 output 2:1 high'],
    ],
    [
      'preferences',
      {
        prompt: 'x',
        chosen: [{ role: 'assistant', content: 'fine' }],
        rejected: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: 'high' },
        ],
      },
      ['1 rejected.1.content 1:1 high'],
    ],
    [
      'columns of turns',
      { messages: { role: ['user'], content: [`${prefix}\nhigh`] } },
      ['1 messages.content.0 2:1 high'],
    ],
    ['a list of texts', { text: ['fine', `${prefix}\nhigh`] }, ['1 text.1 2:1 high']],
  ])('%s: each finding stands in its own field', async (_, value, expected) => {
    expect(placesOf(await scanned({ 'a.jsonl': JSON.stringify(value) }))).toEqual(expected);
  });

  it('a field is chosen by a dotted path, a list by its index, by [] or as a whole', async () => {
    for (const [textField, expected] of [
      ['messages.2.content', ['1 messages.2.content 4:1 medium b']],
      ['messages[].content', ['1 messages.1.content.0.text 3:1 high a', '1 messages.2.content 4:1 medium b']],
      ['messages', ['1 messages.1.content.0.text 3:1 high a', '1 messages.2.content 4:1 medium b']],
    ] as const) {
      const value = { messages, text: `${prefix}\nhigh` };
      expect(placesOf(await scanned({ 'a.jsonl': JSON.stringify(value) }, { textField })), textField).toEqual(
        expected,
      );
    }
  });
});
