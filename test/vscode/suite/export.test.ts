import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationTarget, Uri, workspace } from 'vscode';
import { type ScanLine, scanLineSchema } from '../../../src/corpus/scanLine.js';
import { closeEverything, run } from './backfire.js';

const root = workspace.workspaceFolders![0]!.uri.fsPath;

describe('exporting a report', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'backfire-export-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await closeEverything();
  });

  it('writes what the command line would: every finding, with its measures', async () => {
    const file = join(folder, 'report.jsonl');
    deepEqual(await run('exportReport', 'jsonl', Uri.file(file)), { kind: 'done' });
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): ScanLine => scanLineSchema.parse(JSON.parse(line)));
    equal(lines[0]?.type, 'scan');
    const findings = lines.filter((line) => line.type === 'finding');
    deepEqual(findings.map(({ source }) => `${source.path}:${source.line}`).sort(), [
      'lessons.py:20',
      'lessons.py:25',
      'lessons.py:9',
    ]);
    ok(findings.every(({ measures }) => measures?.taught !== undefined));
    const summary = lines.at(-1);
    ok(summary?.type === 'summary' && !summary.interrupted && summary.lost === 0);
  });

  it('keeps to the settings: nothing below the level, only the kinds asked for', async () => {
    const settings = workspace.getConfiguration('backfire');
    await settings.update('kinds', ['performance'], ConfigurationTarget.Global);
    try {
      const file = join(folder, 'report.csv');
      deepEqual(await run('exportReport', 'csv', Uri.file(file)), { kind: 'done' });
      equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, 1, 'the head alone');
    } finally {
      await settings.update('kinds', undefined, ConfigurationTarget.Global);
    }
  });

  it('writes the page and the loss masks', async () => {
    const page = join(folder, 'report.html');
    deepEqual(await run('exportReport', 'html', Uri.file(page)), { kind: 'done' });
    ok(readFileSync(page, 'utf8').includes('lessons.py'));
    const masks = join(folder, 'masks.jsonl');
    deepEqual(await run('exportReport', 'masks', Uri.file(masks)), { kind: 'done' });
    const [first] = readFileSync(masks, 'utf8').split('\n');
    ok(JSON.stringify(JSON.parse(first!)).includes('lessons.py'));
  });

  it('says why it could not be written, and leaves nothing behind', async () => {
    const taken = join(folder, 'taken');
    writeFileSync(taken, 'a file where a folder is asked for');
    const outcome = await run('exportReport', 'sarif', Uri.file(join(taken, 'report.sarif')));
    ok(outcome.kind === 'failed' && outcome.reason.includes('taken'), JSON.stringify(outcome));
    ok(!existsSync(join(root, 'report.sarif')));
  });
});
