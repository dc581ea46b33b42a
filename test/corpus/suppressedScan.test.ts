import { describe, expect, it } from 'vitest';
import { scanLineSchema, type ScanLine, type ScanOptions } from '../../src/corpus/scanLine.js';
import { FakeEngine } from '../cli/fakes.js';
import { collect } from './collect.js';
import { startScan } from './scanFixture.js';
import { temporaryFolder } from './temporaryFolder.js';

type LineOf<T extends ScanLine['type']> = Extract<ScanLine, { type: T }>;

function only<T extends ScanLine['type']>(lines: readonly ScanLine[], type: T): LineOf<T>[] {
  return lines.filter((line): line is LineOf<T> => line.type === type);
}

async function scanOf(
  files: Record<string, string>,
  options: Partial<ScanOptions> = {},
): Promise<{ lines: ScanLine[]; measured: string[] }> {
  const engine = new FakeEngine();
  const lines = await collect(startScan({ paths: [temporaryFolder(files)], engine, options }));
  return { lines, measured: engine.calls.flat().map(({ text }) => text) };
}

const bad = (payload: string): string => `BAD: so\n${payload}\n`;

describe('a scan over suppressions', () => {
  const files = {
    'a.py': `${bad('high one')}# backfire-ignore -- shown on purpose\n\n${bad('high two')}`,
    'b.jsonl': [
      '{"id":"r1","text":"BAD: x\\nhigh three","backfire":"ignore"}',
      '{"id":"r2","text":"BAD: x\\nhigh four","backfire":"ignore[tool-report]"}',
      '{"id":"r3","rejected":"high five","backfire":"ignore[record-field] -- known"}',
      '',
    ].join('\n'),
  };

  it('measures nothing of what is suppressed, and counts it', async () => {
    const { lines, measured } = await scanOf(files);
    expect(measured).toHaveLength(2);
    expect(measured[0]).toContain('high two');
    expect(measured[1]).toContain('high four');
    expect(only(lines, 'finding').map(({ text }) => text.payload)).toEqual(['high two', 'high four']);
    const [summary] = only(lines, 'summary');
    expect(summary).toMatchObject({
      suppressed: { comment: 1, record: 2, baseline: 0 },
      levels: { high: 2 },
    });
    expect(summary?.stages.find(({ name }) => name === 'measure')).toMatchObject({ in: 2, out: 2 });
  });

  it('lists it on request, with what told so', async () => {
    const { lines } = await scanOf(files, { showSuppressed: true });
    const listed = only(lines, 'finding').filter(({ suppressed }) => suppressed !== undefined);
    expect(listed.map(({ id, suppressed, level, measures }) => [id, suppressed, level, measures])).toEqual([
      [expect.any(String), { kind: 'comment', reason: 'shown on purpose' }, 'none', undefined],
      ['r1', { kind: 'record' }, 'none', undefined],
      ['r3', { kind: 'record', reason: 'known' }, 'none', undefined],
    ]);
  });

  it('does not take --min-level none for that request', async () => {
    const { lines } = await scanOf(files, { minLevel: 'none' });
    expect(only(lines, 'finding').every(({ suppressed }) => suppressed === undefined)).toBe(true);
  });

  it('keeps the comments out of what is measured', async () => {
    const { measured } = await scanOf({ 'a.py': 'BAD: so\nhigh()  # backfire-ignore[tool-report]\n' });
    expect(measured).toEqual(['BAD: so\nhigh()\n']);
  });

  it('notes what is wrong with them, with the line, even where nothing is found', async () => {
    const { lines } = await scanOf({
      'a.py': '# all is well\n# backfire-ignore[nonsense]\n# backfire-ignore-end\n',
      'b.jsonl': '\n{"text":"x","backfire":true}\n{"text":"y\\n# backfire-ignore-begin"}\n',
    });
    expect(only(lines, 'unit').map(({ notes }) => notes)).toEqual([
      [
        'line 2: backfire-ignore names an unknown rule: nonsense',
        'line 3: backfire-ignore-end has no backfire-ignore-begin before it',
      ],
      [
        expect.stringMatching(/^line 2: the field "backfire" holds something else than "ignore"/),
        expect.stringMatching(/^line 3, line 2: backfire-ignore-begin has no backfire-ignore-end/),
      ],
    ]);
  });
});

describe('fingerprints of a scan', () => {
  const fingerprints = async (text: string, name = 'a.md'): Promise<string[]> =>
    only((await scanOf({ [name]: text })).lines, 'finding').map(({ fingerprint }) => fingerprint);

  it('tell occurrences of the same content in one text apart by their order', async () => {
    const [first, second, third] = await fingerprints(bad('high') + bad('low') + bad('high'));
    expect(third).toBe(`${first ?? ''}-2`);
    expect(second).not.toBe(first);
  });

  it('know nothing of the file or the record', async () => {
    const [first] = await fingerprints(bad('high'));
    expect(await fingerprints(`# Title\n\n${bad('high')}`, 'b.txt')).toEqual([first]);
    const record = JSON.stringify({ text: bad('high') });
    expect(await fingerprints(`${record}\n${record}\n`, 'c.jsonl')).toEqual([first, first]);
  });

  it('make ids that tell places apart', async () => {
    const { lines } = await scanOf({ 'a.md': bad('high'), 'b.md': bad('high') });
    expect(new Set(only(lines, 'finding').map(({ id }) => id)).size).toBe(2);
  });
});

describe('harmless warnings', () => {
  const files = {
    'a.md': '**Bad:** nothing is shown\n\nBAD: maybe\nhm\n\nBAD: so\nhigh\n',
    'b.rs': 'fn f() {\n    unsafe { g() }\n    warn!("x");\n}\n',
  };

  it('are in the JSON schema of a line', async () => {
    const { lines } = await scanOf(files, { showHarmless: true, showSuppressed: true, writeBaseline: true });
    for (const line of lines) expect(scanLineSchema.parse(line)).toEqual(line);
  });

  it('are listed on request only, and cost no measure', async () => {
    expect(only((await scanOf(files)).lines, 'harmless')).toEqual([]);
    const { lines, measured } = await scanOf(files, { showHarmless: true });
    expect(measured).toHaveLength(1);
    expect(
      only(lines, 'harmless').map(({ line, column, reason, detection }) => [line, column, reason, detection]),
    ).toEqual([
      [1, 1, 'no-demonstration', undefined],
      [3, 1, 'unlikely', 0.3],
      [2, 5, 'unsafe-block', undefined],
      [3, 5, 'log-call', undefined],
    ]);
  });
});
