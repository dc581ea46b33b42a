import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ScanLine } from '../../src/corpus/scanLine.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

const bad = 'BAD: so\nhigh\n';

function repository(): { folder: string; git: (...options: string[]) => string } {
  const folder = temporaryFolder({
    'old.md': bad,
    'edited.md': bad,
    'moved.md': bad,
    'gone.md': bad,
    'sub/in.md': bad,
  });
  const git = (...options: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...options], {
      encoding: 'utf8',
    });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'first');
  return { folder, git };
}

async function read(folder: string, reference: string, path = folder): Promise<string[]> {
  const { stdout, stderr } = await runCli(['scan', path, '--changed-since', reference, '--format', 'jsonl']);
  expect(stderr).toBe('');
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ScanLine)
    .flatMap((line) => (line.type === 'unit' ? [line.path.slice(folder.length + 1)] : []));
}

it('reads what changed since the branch parted: edited, renamed, new and untracked files', async () => {
  const { folder, git } = repository();
  git('switch', '-qc', 'work');
  writeFileSync(join(folder, 'edited.md'), `${bad}more\n`);
  renameSync(join(folder, 'moved.md'), join(folder, 'renamed.md'));
  git('rm', '-q', 'gone.md');
  git('add', '.');
  git('commit', '-qm', 'second');
  // What happens on the other branch meanwhile is no change of this one.
  git('switch', '-q', 'main');
  writeFileSync(join(folder, 'old.md'), `${bad}elsewhere\n`);
  git('commit', '-qam', 'third');
  git('switch', '-q', 'work');
  writeFileSync(join(folder, 'untracked ü.md'), bad);
  writeFileSync(join(folder, 'sub', 'in.md'), `${bad}not committed\n`);

  expect(await read(folder, 'main')).toEqual(['edited.md', 'renamed.md', 'sub/in.md', 'untracked ü.md']);
  expect(await read(folder, 'main', join(folder, 'sub'))).toEqual(['sub/in.md']);
  expect(await read(folder, 'HEAD')).toEqual(['sub/in.md', 'untracked ü.md']);
});

it.each([
  ['an unknown commit', 'no-such-branch', 'git knows no commit "no-such-branch"'],
  ['an option in its place', '--output=x', 'git knows no commit'],
])('refuses %s', async (_, reference, message) => {
  const { folder } = repository();
  const ended = await runCli(['scan', folder, `--changed-since=${reference}`]);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)]);
});

it('refuses a folder that is in no repository, and standard input', async () => {
  const ended = await runCli(['scan', temporaryFolder({ 'a.md': bad }), '--changed-since', 'HEAD']);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('needs a git work tree')]);
  const piped = await runCli(['scan', '-', '--changed-since', 'HEAD'], bad);
  expect([piped.code, piped.stderr]).toEqual([2, expect.stringContaining('no history')]);
});
