import { extensions, l10n, type Uri } from 'vscode';

/** What is used of the built-in Git extension's API, version 1. */
interface GitExtension {
  getAPI(version: 1): { readonly repositories: readonly { readonly state: RepositoryState }[] };
}

interface RepositoryState {
  readonly workingTreeChanges: readonly Change[];
  readonly indexChanges: readonly Change[];
  readonly untrackedChanges: readonly Change[];
}

interface Change {
  readonly uri: Uri;
  readonly status: number;
}

/** `Status.INDEX_DELETED`, `DELETED` and `BOTH_DELETED` of that API. */
const deletions = [2, 6, 17];

/**
 * Files that differ from the last commit, new ones included. They come from the editor's own Git extension, which minds
 * whether the workspace is trusted; rejects with a reason where there is none, or no repository.
 */
export async function changedFiles(): Promise<Uri[]> {
  const extension = extensions.getExtension<GitExtension>('vscode.git');
  if (!extension)
    throw new Error(l10n.t('Changed files are known from the Git extension of VS Code, which is not there.'));
  const { repositories } = (await extension.activate()).getAPI(1);
  if (repositories.length === 0)
    throw new Error(l10n.t('No folder of this workspace is in a Git repository that VS Code knows.'));
  return repositories.flatMap(({ state }) => filesIn(state));
}

/** Without what is deleted, each file once. */
export function filesIn({ workingTreeChanges, indexChanges, untrackedChanges }: RepositoryState): Uri[] {
  const left = [...workingTreeChanges, ...indexChanges, ...untrackedChanges].filter(
    ({ status }) => !deletions.includes(status),
  );
  return [...new Map(left.map(({ uri }) => [uri.toString(), uri])).values()];
}
