import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { walk, type WalkEntry } from '../../src/corpus/walk.js';
import { collect } from './collect.js';
import { temporaryFolder } from './temporaryFolder.js';

async function entriesOf(paths: readonly string[], ignoreFiles = true): Promise<WalkEntry[]> {
  return collect(walk(paths, { ignoreFiles }));
}

/** `kind path` with the folder cut off, skips with their reason. */
function shown(entries: readonly WalkEntry[], folder: string): string[] {
  return entries.map((entry) => {
    const path = entry.path.replace(`${folder}/`, '');
    return entry.kind === 'skipped' ? `${entry.reason} ${path}` : `${entry.kind} ${path}`;
  });
}

describe('walk', () => {
  it('meets files in one fixed order: by name, folders in their place', async () => {
    const folder = temporaryFolder({ 'b.md': '', 'a/z.md': '', 'a/A.md': '', 'c/d/e.md': '', 'B.md': '' });
    expect(shown(await entriesOf([folder]), folder)).toEqual([
      'file B.md',
      'file a/A.md',
      'file a/z.md',
      'file b.md',
      'file c/d/e.md',
    ]);
  });

  it('keeps the order in which paths were given and shows them as they were given', async () => {
    const folder = temporaryFolder({ 'b.md': '', 'a.md': '' });
    const paths = [join(folder, 'b.md'), join(folder, 'a.md')];
    expect((await entriesOf(paths)).map((entry) => entry.path)).toEqual(paths);
  });

  it('meets a file once that is named twice', async () => {
    const folder = temporaryFolder({ 'a.md': '', 'b.md': '' });
    expect(shown(await entriesOf([folder, join(folder, 'a.md')]), folder)).toEqual([
      'file a.md',
      'file b.md',
    ]);
  });

  it('respects .gitignore files, the inner one over the outer one', async () => {
    const folder = temporaryFolder({
      '.gitignore': '*.log\nbuild/\n',
      'a.log': '',
      'build/out.md': '',
      'keep/.gitignore': '!important.log\n',
      'keep/important.log': '',
      'keep/other.log': '',
    });
    expect(shown(await entriesOf([folder]), folder)).toEqual([
      'file .gitignore',
      'ignored a.log',
      'ignored build',
      'file keep/.gitignore',
      'file keep/important.log',
      'ignored keep/other.log',
    ]);
  });

  it('respects the .gitignore above a folder of a repository', async () => {
    const folder = temporaryFolder({
      '.gitignore': 'docs/secret.md\n',
      'docs/secret.md': '',
      'docs/open.md': '',
    });
    mkdirSync(join(folder, '.git'));
    expect(shown(await entriesOf([join(folder, 'docs')]), folder)).toEqual([
      'file docs/open.md',
      'ignored docs/secret.md',
    ]);
  });

  it('reads a file that is named although .gitignore lists it', async () => {
    const folder = temporaryFolder({ '.gitignore': '*.log\n', 'a.log': '' });
    expect(shown(await entriesOf([join(folder, 'a.log')]), folder)).toEqual(['file a.log']);
  });

  it('reads a folder that is named although a .gitignore above lists it, by its own rules', async () => {
    const folder = temporaryFolder({
      '.git/HEAD': '',
      '.gitignore': 'build/\n',
      'build/deep/a.md': '',
      'build/deep/b.log': '',
      'build/deep/.gitignore': '*.log\n',
    });
    for (const named of ['build', 'build/deep']) {
      const found = await entriesOf([join(folder, named)]);
      expect(found.map(({ kind, path }) => `${kind} ${path.slice(folder.length + 1)}`)).toEqual([
        'file build/deep/.gitignore',
        'file build/deep/a.md',
        'ignored build/deep/b.log',
      ]);
    }
  });

  it('leaves out node_modules and version control, and without ignore files only the latter', async () => {
    const folder = temporaryFolder({
      '.gitignore': 'x.md',
      'x.md': '',
      'node_modules/m/a.js': '',
      '.git/config': '',
    });
    expect(shown(await entriesOf([folder]), folder)).toEqual([
      'ignored .git',
      'file .gitignore',
      'ignored node_modules',
      'ignored x.md',
    ]);
    expect(shown(await entriesOf([folder], false), folder)).toEqual([
      'ignored .git',
      'file .gitignore',
      'file node_modules/m/a.js',
      'file x.md',
    ]);
  });

  it('survives loops of links and reads nothing twice', async () => {
    const folder = temporaryFolder({ 'a/one.md': '', 'b/two.md': '' });
    symlinkSync(folder, join(folder, 'a', 'up'));
    symlinkSync(join(folder, 'b'), join(folder, 'a', 'sibling'));
    symlinkSync(join(folder, 'b', 'two.md'), join(folder, 'a', 'two.md'));
    symlinkSync('self', join(folder, 'self'));
    expect(shown(await entriesOf([folder]), folder)).toEqual([
      'file a/one.md',
      'symlink-duplicate a/sibling',
      'symlink-duplicate a/two.md',
      'symlink-loop a/up',
      'file b/two.md',
      'symlink-loop self',
    ]);
  });

  it('follows links that lead out, and stops where those lead back', async () => {
    const store = temporaryFolder({ 'blob.jsonl': '', 'folder/deep.md': '' });
    const folder = temporaryFolder();
    symlinkSync(join(store, 'blob.jsonl'), join(folder, 'data.jsonl'));
    symlinkSync(join(store, 'folder'), join(folder, 'linked'));
    symlinkSync(join(store, 'folder'), join(folder, 'linked-again'));
    symlinkSync(folder, join(store, 'folder', 'back'));
    expect(shown(await entriesOf([folder]), folder)).toEqual([
      'file data.jsonl',
      'symlink-duplicate linked/back',
      'file linked/deep.md',
      'symlink-duplicate linked-again',
    ]);
  });

  it('reports what is missing, dangling or no file', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(shown(await entriesOf([join(folder, 'gone'), folder]), folder)).toEqual([
      'missing gone',
      'not-a-file dangling',
      'not-a-file pipe',
    ]);
  });

  it('reports a folder that may not be read and goes on', async () => {
    const folder = temporaryFolder({ 'closed/a.md': '', 'open.md': '' });
    chmodSync(join(folder, 'closed'), 0o000);
    chmodSync(folder, 0o755);
    const entries = await withoutPrivileges(() => entriesOf([folder]));
    chmodSync(join(folder, 'closed'), 0o755);
    expect(shown(entries, folder)).toEqual(['no-permission closed', 'file open.md']);
  });
});

/** Permissions don't bind root: as root the work is done under the id of nobody. */
async function withoutPrivileges<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
