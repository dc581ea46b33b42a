import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cachedEngine } from '../../src/engine/cachedEngine.js';
import { MeasureCache } from '../../src/engine/measureCache.js';
import { scanLineSchema, type ScanLine } from '../../src/corpus/scanLine.js';
import { FakeEngine } from '../cli/fakes.js';
import { collect } from './collect.js';
import { startScan } from './scanFixture.js';
import { temporaryFolder } from './temporaryFolder.js';

type LineOf<T extends ScanLine['type']> = Extract<ScanLine, { type: T }>;

function only<T extends ScanLine['type']>(lines: readonly ScanLine[], type: T): LineOf<T>[] {
  return lines.filter((line): line is LineOf<T> => line.type === type);
}

const bad = (payload: string): string => `BAD: so\n${payload}\n`;

describe('scan', () => {
  it('lists findings with their place, then the unit, and a summary at the end', async () => {
    const folder = temporaryFolder({ 'a.md': `# Title\n\n${bad('high eval')}` });
    const lines = await collect(startScan({ paths: [folder] }));
    expect(lines.map((line) => line.type)).toEqual(['scan', 'finding', 'unit', 'summary']);
    const [finding] = only(lines, 'finding');
    expect(finding).toMatchObject({
      source: { path: join(folder, 'a.md'), line: 4, column: 1 },
      text: { frame: 'BAD: so', payload: 'high eval' },
      frame: { start: 9, end: 16 },
      payload: { start: 17, end: 26 },
      level: 'high',
      pack: 'fake@1',
    });
    expect(only(lines, 'summary')[0]).toMatchObject({
      interrupted: false,
      files: 1,
      levels: { high: 1, medium: 0, low: 0, none: 0 },
      listed: 1,
    });
  });

  it('counts measures by where they came from; what failed came from nowhere', async () => {
    const folder = temporaryFolder({
      'a.md': bad('high eval'),
      'b.md': bad('low eval'),
      'c.md': bad('unscorable eval'),
    });
    const options = { folder: temporaryFolder(), packFolder: temporaryFolder(), serverEntry: '' };
    const measures = async (): Promise<unknown> => {
      const engine = cachedEngine(new FakeEngine(), new MeasureCache(options));
      return only(await collect(startScan({ paths: [folder], engine })), 'summary')[0]?.measures;
    };
    expect(await measures()).toEqual({ cached: 0, computed: 2 });
    rmSync(join(folder, 'b.md'));
    writeFileSync(join(folder, 'd.md'), bad('medium eval'));
    expect(await measures()).toEqual({ cached: 1, computed: 1 });
  });

  it('writes lines that its own schema accepts', async () => {
    const folder = temporaryFolder({
      'a.md': bad('high') + bad('unscorable'),
      'b.jsonl': '{"text":"BAD: x\\nlow"}\n{oops\n{"n":1}\n',
      'c.bin': new Uint8Array([0]),
    });
    const lines = await collect(startScan({ paths: [folder] }));
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) expect(scanLineSchema.parse(line)).toEqual(line);
  });

  it('keeps the order of the input whatever is done first', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `f${String(index).padStart(2, '0')}.md`);
    const files = Object.fromEntries(
      names.map((name, index) => [name, bad(`high ${name}`).repeat(1 + ((index * 7) % 11))]),
    );
    const folder = temporaryFolder(files);
    const lines = await collect(startScan({ paths: [folder], engine: new FakeEngine({ delay: 1 }) }));
    const order = lines.flatMap((line) =>
      line.type === 'finding' ? [`${line.source.path}:${line.source.line}`] : [],
    );
    const sorted = [...only(lines, 'finding')]
      .sort((a, b) =>
        a.source.path < b.source.path
          ? -1
          : a.source.path > b.source.path
            ? 1
            : a.source.line - b.source.line,
      )
      .map((line) => `${line.source.path}:${line.source.line}`);
    expect(order).toEqual(sorted);
    expect(order.length).toBe(names.reduce((sum, _, index) => sum + 1 + ((index * 7) % 11), 0));
  });

  it('sends the engine calls of many samples, never too many', async () => {
    const folder = temporaryFolder({ 'a.md': bad('low').repeat(1000) });
    const engine = new FakeEngine({ delay: 1 });
    await collect(startScan({ paths: [folder], engine }));
    const sizes = engine.calls.map((call) => call.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1000);
    expect(Math.max(...sizes)).toBe(32);
    expect(sizes.length).toBeLessThan(40);
  });

  it('counts what each stage took and passed on', async () => {
    const folder = temporaryFolder({
      'harmless.md': 'all is well',
      'warned.md': `${bad('high')}BAD: maybe\nhm\n`,
      'word.md': 'BAD',
    });
    const lines = await collect(startScan({ paths: [folder] }));
    const [summary] = only(lines, 'summary');
    expect(summary?.stages.map(({ name, in: taken, out }) => [name, taken, out])).toEqual([
      ['read', 3, 3],
      ['prefilter', 3, 2],
      ['parse', 2, 2],
      ['detect', 2, 1],
      ['kind', 1, 1],
      ['measure', 1, 1],
    ]);
  });

  it('lists from the wanted level on and counts the rest', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high') + bad('medium') + bad('low') + bad('harmless') });
    const listed = async (minLevel: 'high' | 'medium' | 'low' | 'none'): Promise<string[]> =>
      only(await collect(startScan({ paths: [folder], options: { minLevel } })), 'finding').map(
        (line) => line.level,
      );
    expect(await listed('high')).toEqual(['high']);
    expect(await listed('medium')).toEqual(['high', 'medium']);
    expect(await listed('low')).toEqual(['high', 'medium', 'low']);
    expect(await listed('none')).toEqual(['high', 'medium', 'low', 'none']);
    const lines = await collect(startScan({ paths: [folder], options: { minLevel: 'high' } }));
    expect(only(lines, 'summary')[0]?.levels).toEqual({ high: 1, medium: 1, low: 1, none: 1 });
  });

  it('says which candidate could not be scored, at every level', async () => {
    const folder = temporaryFolder({ 'a.md': bad('unscorable') + bad('high') });
    const lines = await collect(startScan({ paths: [folder], options: { minLevel: 'high' } }));
    expect(only(lines, 'skipped')).toMatchObject([
      { line: 2, reason: 'not-scored', detail: 'unscorable by request' },
    ]);
    expect(only(lines, 'finding')).toHaveLength(1);
  });

  it('goes on after a text that the parser gives up on', async () => {
    const folder = temporaryFolder({ 'a.md': `UNPARSABLE ${bad('high')}`, 'b.md': bad('high') });
    const lines = await collect(startScan({ paths: [folder] }));
    expect(only(lines, 'skipped')).toMatchObject([{ reason: 'not-parsed', detail: 'the parser gave up' }]);
    expect(only(lines, 'finding')).toHaveLength(1);
  });

  describe('on records', () => {
    it('places a finding by record and field, with the id of the record', async () => {
      const folder = temporaryFolder({
        'a.jsonl': '{"id":"x1","text":"fine"}\n\n{"id":"x2","text":"one\\nBAD: no\\nhigh"}\n',
      });
      const [finding, ...more] = only(await collect(startScan({ paths: [folder] })), 'finding');
      expect(more).toEqual([]);
      expect(finding).toMatchObject({ id: 'x2', source: { record: 3, field: 'text', line: 3, column: 1 } });
    });

    it('reports malformed lines by number and goes on', async () => {
      const folder = temporaryFolder({
        'a.jsonl': '{"text":"BAD: a\\nhigh"}\n{"text":\n[1]\n{"text":"BAD: b\\nhigh"}',
      });
      const lines = await collect(startScan({ paths: [folder] }));
      expect(only(lines, 'skipped').map(({ record, reason }) => [record, reason])).toEqual([
        [2, 'malformed-json'],
        [3, 'no-text'],
      ]);
      expect(only(lines, 'finding').map((line) => line.source.record)).toEqual([1, 4]);
    });

    it('takes lone surrogates as they come', async () => {
      const folder = temporaryFolder({ 'a.jsonl': '{"text":"\\ud800 BAD: a\\nhigh \\udc00"}\n' });
      const [finding] = only(await collect(startScan({ paths: [folder] })), 'finding');
      expect(finding?.text.payload).toBe('high \udc00');
      expect(finding?.payload).toEqual({ start: 9, end: 15 });
    });

    it('reads through a record over the limit and goes on', async () => {
      const folder = temporaryFolder({
        'a.jsonl': `{"text":"${'x'.repeat(200_000)}"}\n{"text":"BAD: b\\nhigh"}\n`,
      });
      const lines = await collect(startScan({ paths: [folder] }));
      expect(only(lines, 'skipped')).toMatchObject([{ record: 1, reason: 'too-large' }]);
      expect(only(lines, 'finding')).toMatchObject([{ source: { record: 2 } }]);
    });

    it('cuts a large file into ranges that leave nothing out and overlap nowhere', async () => {
      const record = (index: number): string =>
        JSON.stringify({ id: index, text: `${'filler '.repeat(100)}\nBAD: n\nhigh ${index}` });
      const content = Array.from({ length: 1000 }, (_, index) => `${record(index)}\n`).join('');
      const folder = temporaryFolder({ 'a.jsonl': content });
      const lines = await collect(startScan({ paths: [folder] }));
      const ranges = only(lines, 'unit').map((line) => line.range);
      expect(ranges.length).toBeGreaterThan(2);
      expect(ranges.map((range) => range?.start)).toEqual([
        0,
        ...ranges.slice(0, -1).map((range) => range?.end),
      ]);
      expect(ranges.at(-1)).toMatchObject({ end: Buffer.byteLength(content), records: 1000, last: true });
      expect(only(lines, 'finding').map((line) => Number(line.id))).toEqual(
        Array.from({ length: 1000 }, (_, index) => index),
      );
      expect(only(lines, 'summary')[0]?.files).toBe(1);
    });
  });

  describe('when it is aborted', () => {
    it('brings out what was measured and says that it was interrupted', async () => {
      const files = Object.fromEntries(
        Array.from({ length: 30 }, (_, index) => [`f${index + 10}.md`, bad('high').repeat(20)]),
      );
      const folder = temporaryFolder(files);
      const controller = new AbortController();
      const engine = new FakeEngine({ delay: 20 });
      const lines: ScanLine[] = [];
      for await (const line of startScan({ paths: [folder], engine, signal: controller.signal })) {
        lines.push(line);
        if (line.type === 'unit') controller.abort();
      }
      const [summary] = only(lines, 'summary');
      expect(summary).toMatchObject({ interrupted: true });
      expect(lines.at(-1)).toBe(summary);
      expect(only(lines, 'finding').length).toBeGreaterThanOrEqual(20);
      expect(only(lines, 'finding').length).toBeLessThan(600);
      expect(summary?.levels.high).toBe(only(lines, 'finding').length);
    });
  });

  describe('when the engine fails', () => {
    it('gives up after three calls in a row, with a summary of what was done', async () => {
      const folder = temporaryFolder({ 'a.md': bad('high').repeat(200) });
      const engine = new FakeEngine({ failing: new Error('no engine today') });
      const lines: ScanLine[] = [];
      const run = async (): Promise<void> => {
        for await (const line of startScan({ paths: [folder], engine })) lines.push(line);
      };
      await expect(run()).rejects.toThrow('no engine today');
      expect(engine.calls).toHaveLength(3);
      expect(lines.at(-1)).toMatchObject({ type: 'summary', interrupted: true });
    });

    it('gives up at once when the engine cannot start', async () => {
      const folder = temporaryFolder({ 'a.md': bad('high') });
      const engine = new FakeEngine({ broken: new Error('altered pack') });
      await expect(collect(startScan({ paths: [folder], engine }))).rejects.toThrow('altered pack');
      expect(engine.calls).toEqual([]);
    });
  });
});
