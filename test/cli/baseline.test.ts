import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ScanLine } from '../../src/corpus/scanLine.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli, startCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

const bad = (payload: string): string => `BAD: so\n${payload}\n`;

interface Entry {
  readonly path: string;
  readonly fingerprint: string;
  readonly count: number;
}

function entriesOf(file: string): Entry[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { findings: Entry[] }).findings;
}

function summaryOf(stdout: string): Extract<ScanLine, { type: 'summary' }> {
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as ScanLine;
  if (last.type !== 'summary') throw new Error('the report does not end with a summary');
  return last;
}

async function partialHas(partial: string, text: string): Promise<void> {
  while (!existsSync(partial) || !readFileSync(partial, 'utf8').includes(text))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('--write-baseline and --baseline', () => {
  it('leave alone what was there, so that --fail-on sees what is new', async () => {
    const folder = temporaryFolder({ 'docs/a.md': bad('high') + bad('low'), 'b.md': bad('medium') });
    const baseline = join(folder, 'baseline.json');
    const written = await runCli(['scan', folder, '--write-baseline', baseline]);
    expect(written).toMatchObject({ code: 0, stderr: expect.stringContaining('3 entries') });

    const args = ['scan', folder, '--baseline', baseline, '--fail-on', 'none', '--format', 'jsonl'];
    const known = await runCli(args);
    expect(known.code).toBe(0);
    expect(summaryOf(known.stdout)).toMatchObject({
      suppressed: { baseline: 3 },
      listed: 0,
      staleBaseline: 0,
    });

    writeFileSync(join(folder, 'b.md'), `# moved\n\n\n${bad('medium')}${bad('low again')}`);
    const more = await runCli(args);
    expect(more.code).toBe(1);
    expect(summaryOf(more.stdout)).toMatchObject({ suppressed: { baseline: 3 }, listed: 1 });
  });

  it('take a further occurrence of known content in the same text for new', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high') });
    const baseline = join(folder, 'baseline.json');
    await runCli(['scan', folder, '--write-baseline', baseline]);
    writeFileSync(join(folder, 'a.md'), bad('high').repeat(3));
    const { stdout } = await runCli(['scan', folder, '--baseline', baseline, '--format', 'jsonl']);
    expect(summaryOf(stdout)).toMatchObject({ suppressed: { baseline: 1 }, listed: 2 });
    await runCli(['scan', folder, '--write-baseline', baseline]);
    expect(entriesOf(baseline)).toMatchObject([{ path: 'a.md', count: 3 }]);
  });

  it('write the same bytes for the same findings, with paths from the folder of the file', async () => {
    const folder = temporaryFolder({
      'z.md': bad('high'),
      'a/b.md': bad('low') + bad('high'),
      'c.jsonl': '{"text":"BAD: x\\nhigh"}\n',
    });
    const baseline = join(folder, 'a', 'baseline.json');
    await runCli(['scan', folder, '--write-baseline', baseline]);
    const first = readFileSync(baseline, 'utf8');
    await runCli([
      'scan',
      join(folder, 'z.md'),
      join(folder, 'a'),
      join(folder, 'c.jsonl'),
      '--write-baseline',
      baseline,
      '--min-level',
      'high',
    ]);
    expect(readFileSync(baseline, 'utf8')).toBe(first);
    expect(entriesOf(baseline).map(({ path }) => path)).toEqual(['../c.jsonl', '../z.md', 'b.md', 'b.md']);
  });

  it('count what no longer occurs, and drop it when written again', async () => {
    const folder = temporaryFolder({
      'a.md': bad('high') + bad('low'),
      'gone.md': bad('high'),
      'far/c.md': bad('high'),
    });
    const baseline = join(folder, 'baseline.json');
    await runCli(['scan', folder, '--write-baseline', baseline]);
    writeFileSync(join(folder, 'a.md'), bad('high'));
    unlinkSync(join(folder, 'gone.md'));
    // far/ is not read this time: what is known of it stays.
    const args = ['scan', join(folder, 'a.md'), '--baseline', baseline];
    const { stdout } = await runCli([...args, '--format', 'jsonl']);
    expect(summaryOf(stdout).staleBaseline).toBe(2);
    expect((await runCli(args)).stdout).toContain('2 entries of the baseline no longer found');
    const moved = join(folder, 'far', 'baseline.json');
    await runCli([...args, '--write-baseline', moved]);
    expect(entriesOf(moved).map(({ path }) => path)).toEqual(['../a.md', 'c.md']);
    await runCli([...args, '--write-baseline', baseline]);
    expect(entriesOf(baseline).map(({ path }) => path)).toEqual(['a.md', 'far/c.md']);
  });

  it('do not hold what a comment suppresses', async () => {
    const folder = temporaryFolder({ 'a.md': `${bad('high')}<!-- backfire-ignore -->\n` });
    const baseline = join(folder, 'baseline.json');
    await runCli(['scan', folder, '--write-baseline', baseline]);
    expect(entriesOf(baseline)).toEqual([]);
  });

  it('show what is suppressed under --show-suppressed, and count it for a person', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high') });
    const baseline = join(folder, 'baseline.json');
    await runCli(['scan', folder, '--write-baseline', baseline]);
    const { stdout } = await runCli(['scan', folder, '--baseline', baseline, '--show-suppressed']);
    expect(stdout).toContain('suppressed by baseline');
    expect(stdout).toContain('1 suppressed: 1 by baseline');
  });

  it.each([
    ['a missing file', undefined, 'cannot be read'],
    ['no JSON', '{', 'is no baseline'],
    ['another kind of JSON', '{"findings":[]}', 'is no baseline'],
    [
      'an entry without a count',
      '{"type":"backfire-baseline","version":1,"findings":[{"path":"a","rule":"b","fingerprint":"c"}]}',
      'findings.0.count',
    ],
    ['another version', '{"type":"backfire-baseline","version":2,"findings":[]}', 'version 2'],
  ])('%s is wrong usage: 2, with what to do', async (_, content, reason) => {
    const folder = temporaryFolder({ 'a.md': bad('high') });
    const baseline = join(folder, 'baseline.json');
    if (content !== undefined) writeFileSync(baseline, content);
    const { code, stdout, stderr } = await runCli(['scan', folder, '--baseline', baseline]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('--write-baseline');
  });

  it('a baseline that cannot be written is wrong usage: 2', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high') });
    const { code, stdout, stderr } = await runCli([
      'scan',
      folder,
      '--write-baseline',
      join(folder, 'no', 'where'),
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('cannot be written');
  });

  describe('with --resume', () => {
    it('know what the interrupted scan found', async () => {
      const folder = temporaryFolder(
        Object.fromEntries(
          Array.from({ length: 60 }, (_, index) => [`f${index + 10}.md`, bad(`high ${index}`).repeat(10)]),
        ),
      );
      const elsewhere = temporaryFolder();
      const [output, baseline, undisturbed] = ['r.jsonl', 'b.json', 'u.json'].map((name) =>
        join(elsewhere, name),
      ) as [string, string, string];
      await runCli(['scan', folder, '--write-baseline', undisturbed]);
      const args = [
        'scan',
        folder,
        '--format',
        'jsonl',
        '--output',
        output,
        '--write-baseline',
        baseline,
        '--resume',
      ];
      const running = startCli(args, { FAKE_DELAY: '30' });
      await partialHas(`${output}.partial`, '"type":"unit"');
      running.child.kill('SIGINT');
      expect((await running.ended).code).toBe(130);
      expect((await runCli(args)).code).toBe(0);
      expect(readFileSync(baseline, 'utf8')).toBe(readFileSync(undisturbed, 'utf8'));
    });

    it('refuse to go on with another baseline', async () => {
      const folder = temporaryFolder({ 'a.md': bad('high') });
      const elsewhere = temporaryFolder();
      const [output, baseline] = [join(elsewhere, 'r.jsonl'), join(elsewhere, 'b.json')];
      await runCli(['scan', folder, '--write-baseline', baseline]);
      const args = [
        'scan',
        folder,
        '--format',
        'jsonl',
        '--output',
        output,
        '--baseline',
        baseline,
        '--resume',
      ];
      expect((await runCli(args)).code).toBe(0);
      writeFileSync(baseline, '{"type":"backfire-baseline","version":1,"findings":[]}');
      const { code, stderr } = await runCli(args);
      expect(code).toBe(2);
      expect(stderr).toContain('baseline was');
    });
  });
});
