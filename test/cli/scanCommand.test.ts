import { existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ScanLine } from '../../src/corpus/scanLine.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, fakePack, runCli, startCli, type Running } from './fakeProcess.js';

beforeAll(buildFakeCli);

const bad = (payload: string): string => `BAD: so\n${payload}\n`;

function linesOf(text: string): ScanLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ScanLine);
}

describe('backfire scan', () => {
  it('prints a report for a person, worst first, without colours off a terminal', async () => {
    const folder = temporaryFolder({ 'a.md': bad('low') + bad('high') });
    const { code, stdout, stderr } = await runCli(['scan', folder]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.indexOf('HIGH')).toBeLessThan(stdout.indexOf('LOW'));
    expect(stdout).toContain(`${join(folder, 'a.md')}:4:1`);

    expect(stdout).not.toMatch(/\u001b/);
  });

  it('colours where it is told to, and not where it is told not to', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high') });
    expect((await runCli(['scan', folder], '', { FORCE_COLOR: '1' })).stdout).toContain('\u001b[31m');
    expect((await runCli(['scan', folder], '', { NO_COLOR: '1' })).stdout).not.toContain('\u001b');
  });

  it('neutralises what a hostile text would do to the terminal', async () => {
    const hostile = 'high \u001b]0;owned\u0007\u001b[2J\u202e\u009b31m';
    const folder = temporaryFolder({ 'a.md': `BAD: \u001b[31m\n${hostile}\n`, 'b\u001b[2J.md': bad('high') });
    for (const format of ['pretty', 'json', 'jsonl']) {
      const { stdout } = await runCli(['scan', folder, '--format', format]);
      expect(stdout).toContain('owned');

      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }
  });

  it('writes one JSON object', async () => {
    const folder = temporaryFolder({
      'a.md': bad('high') + bad('low'),
      'b.md': Buffer.from([0xff]),
      'c.bin': Buffer.from([0]),
    });
    const { stdout } = await runCli(['scan', folder, '--format', 'json']);
    const report = JSON.parse(stdout) as Record<string, unknown[]>;
    expect(Object.keys(report)).toEqual(['scan', 'findings', 'skipped', 'noted', 'summary']);
    expect(report['findings']).toMatchObject([{ level: 'high' }, { level: 'low' }]);
    expect(report['skipped']).toMatchObject([{ reason: 'binary' }]);
    expect(report['noted']).toMatchObject([{ path: join(folder, 'b.md') }]);
  });

  it('writes one JSON object where nothing is found, too', async () => {
    const { stdout } = await runCli(['scan', temporaryFolder(), '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ findings: [], skipped: [] });
  });

  it('reads standard input under the name it is given', async () => {
    const text = await runCli(['scan', '-', '--format', 'jsonl'], bad('high'));
    expect(linesOf(text.stdout)[1]).toMatchObject({ type: 'finding', source: { path: '-', line: 2 } });
    const records = await runCli(
      ['scan', '-', '--stdin-name', 'x.jsonl', '--format', 'jsonl'],
      '{"text":"BAD:\\nhigh"}\n',
    );
    expect(linesOf(records.stdout)[1]).toMatchObject({
      type: 'finding',
      source: { path: 'x.jsonl', record: 1 },
    });
  });

  it('does not scan its own report', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high') });
    const output = join(folder, 'report.jsonl');
    const args = ['scan', folder, '--format', 'jsonl', '--output', output];
    await runCli(args);
    const first = readFileSync(output, 'utf8');
    await runCli(args);
    const paths = (text: string): unknown[] =>
      linesOf(text).map((line) => ('path' in line ? line.path : line.type));
    expect(paths(readFileSync(output, 'utf8'))).toEqual(paths(first));
  });

  it('puts a report in place in one step', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high') });
    const output = join(temporaryFolder(), 'report.json');
    const { code, stdout } = await runCli(['scan', folder, '--format', 'json', '--output', output]);
    expect([code, stdout]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ findings: [{ level: 'high' }] });
    expect(existsSync(`${output}.partial`)).toBe(false);
  });

  describe('exit codes', () => {
    it.each([
      ['high', 'medium', 0],
      ['medium', 'medium', 1],
      ['medium', 'high', 1],
      ['low', 'harmless', 0],
      ['none', 'harmless', 1],
    ])('--fail-on %s with a finding of level %s: %i', async (failOn, payload, expected) => {
      const folder = temporaryFolder({ 'a.md': bad(payload) });
      // The limit of what is listed has no say in it.
      expect((await runCli(['scan', folder, '--fail-on', failOn, '--min-level', 'high'])).code).toBe(
        expected,
      );
    });

    it.each([
      [['scan'], 'missing required argument'],
      [['scan', '.', '--format', 'xml'], 'Allowed choices'],
      [['scan', '.', '--min-detection', '2'], 'from 0 to 1'],
      [['scan', '.', '--max-file-size', 'much'], 'number of bytes'],
      [['scan', '.', '--resume'], '--output FILE'],
      [['scan', '.', '--stdin-name', 'x'], '--stdin-name needs -'],
      [['scan', '.', '--output', '/nowhere/at/all/x'], 'cannot write'],
      [['scan', '.', '--pack', '/nowhere'], 'pack.json'],
      [['frobnicate'], 'unknown command'],
      [['schema', 'nothing'], 'Choose one of'],
      [['serve'], '--stdio'],
    ])('%j is wrong usage: 2, with a reason', async (args, reason) => {
      const { code, stdout, stderr } = await runCli(args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(reason);
    });

    it('an engine that cannot start: 2, with its reason', async () => {
      const folder = temporaryFolder({ 'a.md': bad('high') });
      const { code, stderr } = await runCli(['scan', folder], '', { FAKE_BROKEN: 'blocks.bin was altered' });
      expect(code).toBe(2);
      expect(stderr).toContain('blocks.bin was altered');
    });

    it('help and version: 0', async () => {
      expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: '0.0.0-test\n' });
      const { code, stdout } = await runCli(['scan', '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('--fail-on');
    });
  });

  describe('on bad input', () => {
    it('reports everything it could not read and scans the rest', async () => {
      const folder = temporaryFolder({
        'binary.png': Buffer.from([0x89, 0, 0, 1]),
        'empty.md': '',
        'frame-at-end.md': `${bad('high')}BAD: nothing follows`,
        'invalid.md': Buffer.concat([Buffer.from([0xff, 0xfe, 0xfd].reverse()), Buffer.from(bad('high'))]),
        'records.jsonl': '{"text":"BAD:\\nhigh"}\n{bad json\n{"text":"BAD:\\nlow"}\n',
        'surrogates.jsonl': '{"text":"\\udc00 BAD: \\ud800\\nhigh \\ud83d"}\n',
        'large.js': 'x'.repeat(20_000),
      });
      symlinkSync(folder, join(folder, 'loop'));
      symlinkSync('gone', join(folder, 'dangling'));
      const { code, stdout } = await runCli(['scan', folder, '--format', 'jsonl', '--max-file-size', '10k']);
      expect(code).toBe(3);
      const lines = linesOf(stdout);
      const skipped = lines.flatMap((line) =>
        line.type === 'skipped' ? [[line.path.slice(folder.length + 1), line.record, line.reason]] : [],
      );
      expect(skipped).toEqual([
        ['binary.png', undefined, 'binary'],
        ['dangling', undefined, 'not-a-file'],
        ['large.js', undefined, 'too-large'],
        ['loop', undefined, 'symlink-loop'],
        ['records.jsonl', 2, 'malformed-json'],
      ]);
      expect(lines.filter((line) => line.type === 'finding')).toHaveLength(5);
      expect(lines.at(-1)).toMatchObject({
        type: 'summary',
        interrupted: false,
        skipped: { binary: 1, 'malformed-json': 1 },
      });
    });
  });

  describe('on Ctrl-C', () => {
    const corpus = (): string =>
      temporaryFolder(
        Object.fromEntries(
          Array.from({ length: 60 }, (_, index) => [`f${index + 10}.md`, bad(`high ${index}`).repeat(10)]),
        ),
      );

    it('keeps and reports what was done: 130', async () => {
      const running = startCli(['scan', corpus(), '--format', 'jsonl'], { FAKE_DELAY: '30' });
      await running.outputHas('"type":"unit"');
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      expect(code).toBe(130);
      const lines = linesOf(stdout);
      expect(lines.at(-1)).toMatchObject({ type: 'summary', interrupted: true });
      const findings = lines.filter((line) => line.type === 'finding').length;
      expect(findings).toBeGreaterThan(0);
      expect(findings).toBeLessThan(600);
    });

    it('says so in the report for a person', async () => {
      const running = startCli(['scan', corpus(), '--format', 'pretty'], {
        FAKE_DELAY: '200',
        FAKE_TELL: '1',
      });
      await running.errorHas('measuring');
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      expect(code).toBe(130);
      expect(stdout).toContain('Interrupted');
    });

    it('closes the JSON object', async () => {
      const running = startCli(['scan', corpus(), '--format', 'json'], { FAKE_DELAY: '30' });
      await running.outputHas('"finding"');
      running.child.kill('SIGINT');
      const { stdout } = await running.ended;
      expect(JSON.parse(stdout)).toMatchObject({ summary: { interrupted: true } });
    });

    it.each(['SIGINT', 'SIGKILL'] as const)(
      'after %s, --resume ends with the report of an undisturbed scan',
      async (signal) => {
        const folder = corpus();
        const output = join(temporaryFolder(), 'report.jsonl');
        const undisturbed = join(temporaryFolder(), 'report.jsonl');
        const environment = { FAKE_DELAY: '20' };
        const args = (file: string): string[] => [
          'scan',
          folder,
          '--format',
          'jsonl',
          '--output',
          file,
          '--resume',
        ];
        await runCli(args(undisturbed), '', environment);

        const running = startCli(args(output), environment);
        await waitForUnits(`${output}.partial`, running);
        running.child.kill(signal);
        const { stderr } = await running.ended;
        expect(existsSync(output)).toBe(false);
        if (signal === 'SIGINT') expect(stderr).toContain('--resume');
        else writeFileSync(`${output}.partial`, '{"type":"finding","torn', { flag: 'a' });

        const again = await runCli(
          ['scan', folder, '--format', 'jsonl', '--output', output],
          '',
          environment,
        );
        expect(again).toMatchObject({ code: 2 });
        expect((await runCli(args(output), '', environment)).code).toBe(0);
        const [got, wanted] = [output, undisturbed].map((file) => linesOf(readFileSync(file, 'utf8')));
        expect(got?.slice(0, -1)).toEqual(wanted?.slice(0, -1));
        expect(got?.at(-1)).toMatchObject({ interrupted: false, resumed: true, levels: { high: 600 } });
      },
    );

    it('ends at once when asked twice', async () => {
      const running = startCli(['scan', corpus()], { FAKE_DELAY: '600000', FAKE_TELL: '1' });
      await running.errorHas('measuring');
      running.child.kill('SIGINT');
      await running.errorHas('aborted');
      running.child.kill('SIGINT');
      expect((await running.ended).code).toBe(130);
    });
  });

  it('ends quietly when nobody reads on', async () => {
    const folder = temporaryFolder({ 'a.md': bad('high').repeat(5000) });
    const running = startCli(['scan', folder, '--format', 'jsonl']);
    running.child.stdout.once('data', () => running.child.stdout.destroy());
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('backfire pack check', () => {
  it('prints what it verified', async () => {
    const { code, stdout } = await runCli(['pack', 'check']);
    expect(code).toBe(0);
    expect(stdout).toContain('fake@1');
    expect(stdout).toContain('tokenizer.json');
  });

  it('refuses a missing or altered file by name and hash', async () => {
    const altered = fakePack();
    writeFileSync(join(altered, 'embedding.bin'), 'something else');
    const missing = fakePack();
    unlinkSync(join(missing, 'tokenizer.json'));
    for (const [folder, file] of [
      [altered, 'embedding.bin'],
      [missing, 'tokenizer.json'],
    ] as const) {
      const { code, stderr } = await runCli(['pack', 'check', folder]);
      expect(code).toBe(2);
      expect(stderr).toContain(file);
      expect(stderr).toMatch(/[0-9a-f]{64}/);
    }
    const scan = await runCli(['scan', '.', '--pack', missing]);
    expect(scan.code).toBe(2);
    expect(scan.stderr).toContain('tokenizer.json');
  });
});

async function waitForUnits(partial: string, running: Running): Promise<void> {
  while (running.child.exitCode === null) {
    if (existsSync(partial) && readFileSync(partial, 'utf8').split('"type":"unit"').length > 5) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the scan ended before it could be interrupted');
}
