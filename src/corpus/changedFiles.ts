import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Git can't say what changed; the message says what to do. */
export class ChangedFilesError extends Error {
  override readonly name = 'ChangedFilesError';
}

const run = promisify(execFile);
/** Names of a large repository that were all changed. */
const longestAnswer = 256 * 1024 * 1024;

/**
 * Absolute paths of the files under `paths` that differ from where HEAD and `reference` part (their merge base), edits that are
 * not committed and untracked files included. A renamed file counts as changed, a deleted one does not.
 * @throws ChangedFilesError outside a repository, without git, or on an unknown reference.
 */
export async function changedFiles(
  paths: readonly string[],
  reference: string,
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>();
  for (const path of paths) {
    const folder = await folderOf(path);
    const base = await mergeBase(folder, reference);
    // Relative to the folder as it was named, so that links above it play no part.
    const tracked = await git(
      folder,
      'diff',
      '--name-only',
      '--relative',
      '--no-renames',
      '--diff-filter=d',
      '-z',
      base,
      '--',
    );
    const untracked = await git(folder, 'ls-files', '--others', '--exclude-standard', '-z');
    for (const name of `${tracked}${untracked}`.split('\0')) {
      if (name !== '') changed.add(resolve(folder, name));
    }
  }
  return changed;
}

async function mergeBase(folder: string, reference: string): Promise<string> {
  const isRepository = await git(folder, 'rev-parse', '--is-inside-work-tree').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ChangedFilesError('--changed-since needs git, which is not installed');
    return 'false';
  });
  if (isRepository.trim() !== 'true')
    throw new ChangedFilesError(`--changed-since needs a git work tree, and ${folder} is in none`);
  const commit = await git(
    folder,
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${reference}^{commit}`,
  ).catch(() => {
    throw new ChangedFilesError(
      `git knows no commit ${JSON.stringify(reference)} in ${folder}; in CI, fetch it first (fetch-depth: 0)`,
    );
  });
  const base = await git(folder, 'merge-base', commit.trim(), 'HEAD').catch(() => {
    throw new ChangedFilesError(
      `${JSON.stringify(reference)} and HEAD have no common commit in ${folder}; in CI, fetch the whole history (fetch-depth: 0)`,
    );
  });
  return base.trim();
}

async function git(folder: string, ...options: string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', folder, ...options], { maxBuffer: longestAnswer });
  return stdout;
}

async function folderOf(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
  return isFolder ? path : dirname(path);
}
