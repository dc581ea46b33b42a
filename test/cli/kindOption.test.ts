import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/analysis/finding.js';
import { kindNames } from '../../src/analysis/kind/kindNames.js';
import type { ScanLine, Summary } from '../../src/corpus/scanLine.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

/** The payload's first word sets the level of the fake engine; the frame says what is warned against. */
const injection = 'BAD: open to SQL injection, an attacker reads all tables\nhigh sql\n';
const slow = 'BAD: slow and inefficient, allocates a copy at every call\nmedium copy\n';
const naming = 'BAD: naming and indentation, names should be readable and consistent\nhigh MyName\n';
// Without an empty line the prose of one sample would be the context of the next.
const gap = `\n${'filler '.repeat(150)}\n\n`;

async function scanOf(...options: string[]): Promise<{ findings: Finding[]; summary: Summary }> {
  const folder = temporaryFolder({ 'a.md': injection + gap + slow + gap + naming + gap + naming });
  const { stdout } = await runCli(['scan', folder, '--format', 'jsonl', ...options]);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ScanLine);
  return {
    findings: lines.filter((line) => line.type === 'finding'),
    summary: lines.find((line) => line.type === 'summary')!,
  };
}

const kindsOf = (findings: readonly Finding[]) => findings.map(({ kind }) => kind.name);

describe('backfire scan --kind', () => {
  it('sets style aside when nothing is asked for, and counts it', async () => {
    const { findings, summary } = await scanOf();
    expect(kindsOf(findings)).toEqual(['security', 'performance']);
    expect(findings[0]?.cwe).toEqual({ id: 'CWE-89', reason: 'the frame says "SQL injection"' });
    expect(summary.levels).toEqual({ high: 1, medium: 1, low: 0, none: 0 });
    expect(summary.stages.find(({ name }) => name === 'kind')).toMatchObject({ in: 4, out: 2 });
    expect(summary.stages.find(({ name }) => name === 'measure')).toMatchObject({ in: 2, out: 2 });
    expect(summary.setAside).toMatchObject({ style: 2, security: 0, performance: 0 });
  });

  it('lists style with all kinds', async () => {
    const { findings, summary } = await scanOf('--kind', 'all');
    expect(kindsOf(findings)).toEqual(['security', 'performance', 'style', 'style']);
    expect(summary.levels).toEqual({ high: 3, medium: 1, low: 0, none: 0 });
    expect(summary.setAside).toMatchObject({ style: 0 });
  });

  it('lists only the kinds that are named, and counts the others', async () => {
    const { findings, summary } = await scanOf('--kind', 'security,correctness');
    expect(kindsOf(findings)).toEqual(['security']);
    expect(summary.setAside).toMatchObject({ performance: 1, style: 2 });
    expect(kindsOf((await scanOf('--kind', 'style')).findings)).toEqual(['style', 'style']);
  });

  it('with every candidate asked for, lists style without level and measures', async () => {
    const style = (await scanOf('--min-level', 'none')).findings.filter(({ kind }) => kind.name === 'style');
    expect(style).toHaveLength(2);
    expect(style[0]).toMatchObject({ level: 'none', notes: ['set aside as style, not measured'] });
    expect(style[0]).not.toHaveProperty('measures');
    // Kinds that are named leave the others out even so.
    expect(kindsOf((await scanOf('--min-level', 'none', '--kind', 'security')).findings)).toEqual([
      'security',
    ]);
  });

  it('--fail-on looks at the kinds that were asked for', async () => {
    const folder = temporaryFolder({ 'a.md': naming });
    expect((await runCli(['scan', folder, '--fail-on', 'low'])).code).toBe(0);
    expect((await runCli(['scan', folder, '--fail-on', 'low', '--kind', 'style'])).code).toBe(1);
  });

  it('says in the report for a person how many were set aside', async () => {
    const folder = temporaryFolder({ 'a.md': injection + gap + naming + gap + naming });
    const { stdout } = await runCli(['scan', folder]);
    expect(stdout).toContain('HIGH   security 0.');
    expect(stdout).toContain('2 about style set aside unmeasured; --kind all measures them');
  });

  it('refuses a kind that does not exist: 2', async () => {
    const { code, stderr } = await runCli(['scan', '.', '--kind', 'security,taste']);
    expect(code).toBe(2);
    expect(stderr).toContain('No kind "taste"');
    for (const name of kindNames) expect(stderr).toContain(name);
  });
});

describe('backfire score', () => {
  const [frame = '', payload = ''] = naming.trimEnd().split('\n');
  const line = JSON.stringify({
    text: naming,
    frame: [0, frame.length],
    payload: [frame.length + 1, frame.length + 1 + payload.length],
  });
  const bare = JSON.stringify({ text: 'high os.system("rm " + request.args["name"])' });

  it('gives the kind of each line, with and without a frame', async () => {
    const { stdout } = await runCli(['score', '-'], `${line}\n${bare}\n`);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((each) => JSON.parse(each) as unknown),
    ).toMatchObject([
      { kind: { name: 'style' }, level: 'none', notes: [expect.stringContaining('set aside as style')] },
      { kind: { name: 'security' }, level: 'high' },
    ]);
  });

  it('leaves style its level where it is asked for', async () => {
    const { stdout } = await runCli(['score', '-', '--kind', 'all'], `${line}\n`);
    expect(JSON.parse(stdout)).toMatchObject({ kind: { name: 'style' }, level: 'high', notes: [] });
  });
});

describe('backfire serve', () => {
  it('takes kinds with scan and score', async () => {
    const requests = [
      { id: 1, method: 'scan', params: { text: naming, kinds: ['security'] } },
      { id: 2, method: 'scan', params: { text: naming, kinds: ['style'], minLevel: 'high' } },
      { id: 3, method: 'score', params: { text: injection } },
      { id: 4, method: 'scan', params: { text: naming, kinds: ['taste'] } },
      { id: 5, method: 'score', params: { text: naming, kinds: 'all' } },
    ];
    const input = `${requests.map((each) => JSON.stringify(each)).join('\n')}\n`;
    const { stdout } = await runCli(['serve', '--stdio'], input);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((each) => JSON.parse(each) as { id: number })
      .sort((a, b) => a.id - b.id);
    expect(answers).toMatchObject([
      { result: { findings: [] } },
      { result: { findings: [{ kind: { name: 'style' }, level: 'high' }] } },
      { result: { kind: { name: 'security' } } },
      { error: { code: 'invalid-params' } },
      { error: { code: 'invalid-params' } },
    ]);
  });
});
