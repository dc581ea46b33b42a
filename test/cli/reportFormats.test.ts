import { Ajv } from 'ajv';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Log } from 'sarif';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, bundle, fakePack, runCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

const hostile = `high </script><img src=x onerror=alert(1)><!--\u2028`;
const files = {
  'a b.md': `BAD: so\n${hostile}\nBAD: why\nlow x\n# known\nBAD: k\nmedium\nbackfire-ignore\n`,
  'r.jsonl': '{"id":"r1","text":"é😀 BAD: c\\nhigh 😀"}\n{"id":"r2","text":"fine"}\n{oops\n',
  'e.md': 'BAD: e\nunscorable\n',
};

/** A scan of real files with suppressed, unscored and skipped things in it. */
async function scanned(
  format: string,
  more: readonly string[] = [],
): Promise<{ folder: string; report: string }> {
  const folder = temporaryFolder({
    ...files,
    's.md': 'BAD: s\nhigh s <!-- backfire-ignore -- a lesson -->\n',
  });
  const report = join(folder, `report.${format}`);
  const shown = ['--show-suppressed', '--min-level', 'none', '--output', report, ...more];
  const ended = await runCli(['scan', folder, '--format', format, ...shown]);
  // 3: a line that is no JSON and a sample that can't be scored are lost.
  expect(ended.code, ended.stderr).toBe(3);
  return { folder, report };
}

function sarifValidator() {
  const path = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/package.json');
  const file = join(path, '..', 'lib', 'schemas', 'sarif-2.1.0-rtm.5.json');
  const schema = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  // Of draft 4 it uses nothing that later drafts read in another way, but for the names of these two.
  delete schema['id'];
  delete schema['$schema'];
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  ajv.addFormat('uri', (text) => URL.canParse(text));
  ajv.addFormat('uri-reference', (text) => URL.canParse(text, 'file:///'));
  ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)));
  return ajv.compile<Log>(schema);
}

describe('--format sarif', () => {
  it('holds to the published schema, and says where, how bad, why not and from what to what', async () => {
    const { folder, report } = await scanned('sarif');
    const log = JSON.parse(readFileSync(report, 'utf8')) as Log;
    const isSarif = sarifValidator();
    expect(isSarif(log), JSON.stringify(isSarif.errors?.slice(0, 5))).toBe(true);
    expect(isSarif({ ...log, version: '2.0.0' })).toBe(false);

    const [run] = log.runs;
    const byUri = (name: string) =>
      run!.results!.filter((each) =>
        each.locations![0]!.physicalLocation!.artifactLocation!.uri!.endsWith(name),
      );
    const [high, low] = byUri('a%20b.md');
    expect(high).toMatchObject({
      level: 'error',
      kind: 'fail',
      suppressions: [],
      ruleId: 'label-before-code',
    });
    expect(run!.tool.driver.rules![high!.ruleIndex!]).toMatchObject({ id: 'label-before-code' });
    expect(low).toMatchObject({ level: 'note' });
    const { region } = high!.locations![0]!.physicalLocation!;
    const text = files['a b.md'];
    expect(text.slice(region!.charOffset, region!.charOffset! + region!.charLength!)).toBe(hostile);
    expect(region).toMatchObject({ startLine: 2, startColumn: 1, endLine: 2, endColumn: hostile.length + 1 });
    const [frame, payload] = high!.codeFlows![0]!.threadFlows[0]!.locations;
    expect(frame!.location!.physicalLocation!.region).toMatchObject({
      startLine: 1,
      charOffset: 0,
      charLength: 7,
    });
    expect(payload!.location).toEqual(high!.locations![0]);
    expect(high!.relatedLocations).toMatchObject([{ id: 1, physicalLocation: { region: { startLine: 1 } } }]);
    expect(high!.partialFingerprints).toEqual({ 'backfire/v1': expect.stringMatching(/^[0-9a-f]{16}$/) });

    expect(byUri('r.jsonl')).toMatchObject([
      {
        locations: [
          {
            physicalLocation: { region: { startLine: 1 } },
            logicalLocations: [{ fullyQualifiedName: 'record 1/text' }],
          },
        ],
      },
    ]);
    expect(byUri('s.md')).toMatchObject([
      {
        level: 'none',
        kind: 'informational',
        suppressions: [{ kind: 'inSource', justification: 'a lesson' }],
      },
    ]);
    const [invocation] = run!.invocations!;
    expect(invocation!.executionSuccessful).toBe(true);
    const told = invocation!.toolExecutionNotifications!.map((each) => each.message.text);
    expect(told.filter((each) => each!.startsWith('malformed-json'))).toHaveLength(1);
    expect(told.filter((each) => each!.startsWith('not-scored'))).toHaveLength(1);
    expect(existsSync(`${folder}/report.sarif.partial`)).toBe(false);
  });

  it('calls what the baseline knows an external suppression', async () => {
    const folder = temporaryFolder({ 'a.md': 'BAD: so\nhigh\n' });
    const baseline = join(temporaryFolder(), 'known.json');
    await runCli(['scan', folder, '--write-baseline', baseline]);
    const { stdout } = await runCli([
      ...[
        'scan',
        folder,
        '--baseline',
        baseline,
        '--show-suppressed',
        '--format',
        'sarif',
        '--min-level',
        'none',
      ],
    ]);
    const { runs } = JSON.parse(stdout) as Log;
    expect(runs[0]!.results).toMatchObject([{ level: 'none', suppressions: [{ kind: 'external' }] }]);
  });

  it('offers the deletion of a payload as a fix, in text files alone', async () => {
    const { report } = await scanned('jsonl');
    const remedy = 'delete the payload, keep the explanation: taught 0.80 → 0.00 nats per token';
    const lines = readFileSync(report, 'utf8').replaceAll('"remedies":[]', `"remedies":["${remedy}"]`);
    writeFileSync(report, lines);
    const { runs } = JSON.parse((await runCli(['report', report, '--format', 'sarif'])).stdout) as Log;
    const [first] = runs[0]!.results!;
    const { charOffset, charLength } = first!.locations![0]!.physicalLocation!.region!;
    expect(first!.fixes![0]!.artifactChanges[0]!.replacements[0]).toEqual({
      deletedRegion: { charOffset, charLength },
    });
    const ofRecord = runs[0]!.results!.filter((each) => each.properties!['source'] !== undefined);
    expect(ofRecord.map((each) => each.fixes)).toEqual([undefined]);
  });
});

describe('--format csv', () => {
  it('has one row for each finding, quoted after RFC 4180, and no cell that is a formula', async () => {
    const folder = temporaryFolder({
      'a.md': 'BAD: "x", y\n=HYPERLINK("http://a")\n',
      '=b.md': 'BAD: -\n@low\n',
    });
    const { stdout } = await runCli(['scan', folder, '--format', 'csv', '--min-level', 'none']);
    const rows = stdout.trimEnd().split('\r\n');
    expect(rows).toHaveLength(3);
    expect(rows[0]!.startsWith('path,record,field,line,column,level,kind,')).toBe(true);
    expect(stdout).toContain(',"BAD: ""x"", y","\'=HYPERLINK(""http://a"")",');
    expect(stdout).toContain(",'@low,");
    // A negative number stays one.
    expect(stdout).toMatch(/,-0\.\d+,/);
  });
});

describe('--format html', () => {
  it('is one file that asks for nothing, and no text of a corpus is markup in it', async () => {
    const { report } = await scanned('html');
    const page = readFileSync(report, 'utf8');
    const scripts = [...page.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)];
    const [program] = scripts.filter(([, attributes]) => attributes === '');
    const data = scripts.filter(([, attributes]) => attributes!.includes('application/json'));
    expect(scripts).toHaveLength(data.length + 1);
    const findings = data
      .filter(([, attributes]) => attributes!.includes('data-findings'))
      .flatMap(([, , text]) => JSON.parse(text!) as { text: { payload: string } }[]);
    expect(findings.map((each) => each.text.payload)).toContain(hostile);
    const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const policy = /content="([^"]*default-src[^"]*)"/.exec(page)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hashOf(program![2]!)}`);
    expect(policy).toContain(`style-src ${hashOf(/<style>(.*?)<\/style>/s.exec(page)![1]!)}`);
    // Outside of its own program, nothing but data and the frame of the page.
    const rest = page.replace(program![0], '').replace(/<style>.*?<\/style>/s, '');
    expect(rest).not.toMatch(/<img|<!--|\ssrc=[^x]|href=/);
  });
});

describe('backfire report', () => {
  it('writes what the scan itself writes', async () => {
    const { folder, report } = await scanned('jsonl');
    const options = ['--show-suppressed', '--min-level', 'none'];
    for (const format of ['sarif', 'csv']) {
      const direct = join(temporaryFolder(), 'direct');
      const files = ['a b.md', 'e.md', 'r.jsonl', 's.md'].map((name) => join(folder, name));
      await runCli(['scan', ...files, ...options, '--format', format, '--output', direct]);
      const later = await runCli(['report', report, '--format', format, '--min-level', 'none']);
      const [now, then] = [later.stdout, readFileSync(direct, 'utf8')];
      if (format === 'csv') expect(now).toBe(then);
      else expect((JSON.parse(now) as Log).runs).toEqual((JSON.parse(then) as Log).runs);
    }
  });

  it('lists from a level, and refuses what is no report or not whole', async () => {
    const { folder, report } = await scanned('jsonl');
    const csv = (await runCli(['report', report, '--format', 'csv', '--min-level', 'high'])).stdout;
    expect(
      csv
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .every((row) => row.includes(',high,')),
    ).toBe(true);

    const torn = join(folder, 'torn.jsonl');
    writeFileSync(torn, readFileSync(report, 'utf8').split('\n').slice(0, -2).join('\n'));
    const output = join(folder, 'torn.html');
    const ended = await runCli(['report', torn, '--format', 'html', '--output', output]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('ends without a summary')]);
    expect(existsSync(output)).toBe(false);
    for (const path of [join(folder, 'r.jsonl'), join(folder, 'missing')])
      expect((await runCli(['report', path])).code).toBe(2);
  });

  it.skipIf(!existsSync('/dev/full'))('does not take a full disk for a reader that has gone', async () => {
    const { report } = await scanned('jsonl');
    const target = openSync('/dev/full', 'w');
    const ended = spawnSync(process.execPath, [bundle, 'report', report, '--format', 'csv'], {
      stdio: ['ignore', target, 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, FAKE_PACK: fakePack() },
    });
    closeSync(target);
    expect([ended.status, ended.stderr]).toEqual([3, expect.stringContaining('ENOSPC')]);
  });
});
