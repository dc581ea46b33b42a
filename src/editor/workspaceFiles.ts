import picomatch from 'picomatch';
import { FileType, Uri, workspace } from 'vscode';
import { IgnoreRules, isLeftOut } from '../corpus/ignoreRules.js';
import type { SkipReason } from '../corpus/scanLine.js';
import { skippedBecause } from './fileText.js';
import type { TimeSlice } from './timeSlice.js';

export type WorkspaceEntry =
  | { readonly kind: 'file'; readonly uri: Uri }
  | { readonly kind: 'skipped'; readonly uri: Uri; readonly reason: SkipReason; readonly detail: string };

type IsExcluded = (path: string, names: ReadonlySet<string>) => boolean;

/**
 * Files under a folder of the workspace, without what .gitignore files, `files.exclude` and the command line's own rule
 * (node_modules, version control) leave out. It walks through the file-system API, folder by folder: a search would hand
 * over the names of a whole tree at once, an ignored one's too, and virtual workspaces may have none.
 */
export async function* workspaceFiles(start: Uri, slice: TimeSlice): AsyncGenerator<WorkspaceEntry> {
  let isFile: boolean;
  try {
    isFile = ((await workspace.fs.stat(start)).type & FileType.File) !== 0;
  } catch (error) {
    yield { kind: 'skipped', uri: start, ...skippedBecause(error) };
    return;
  }
  if (isFile) {
    yield { kind: 'file', uri: start };
    return;
  }
  const root = workspace.getWorkspaceFolder(start)?.uri ?? start;
  const walk = new Walk(root, excludedBySettings(root), slice);
  yield* walk.folder(start, await rulesAbove(start, root));
}

class Walk {
  constructor(
    private readonly root: Uri,
    private readonly isExcluded: IsExcluded,
    private readonly slice: TimeSlice,
  ) {}

  async *folder(folder: Uri, outer: IgnoreRules): AsyncGenerator<WorkspaceEntry> {
    let entries: [string, FileType][];
    try {
      entries = await workspace.fs.readDirectory(folder);
    } catch (error) {
      yield { kind: 'skipped', uri: folder, ...skippedBecause(error) };
      return;
    }
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    const names = new Set(entries.map(([name]) => name));
    const rules = names.has('.gitignore') ? await rulesWithin(folder, outer) : outer;
    for (const [name, type] of entries) {
      await this.slice.pause();
      const uri = Uri.joinPath(folder, name);
      const isFolder = (type & FileType.Directory) !== 0;
      if (isLeftOut(name, true) || rules.ignores(pathOf(uri), isFolder)) continue;
      if (this.isExcluded(uri.path.slice(this.root.path.length).replace(/^\//, ''), names)) continue;
      if (!isFolder) yield { kind: 'file', uri };
      else if ((type & FileType.SymbolicLink) === 0) yield* this.folder(uri, rules);
      else yield { kind: 'skipped', uri, reason: 'symlink-duplicate', detail: 'a link to a folder' };
    }
  }
}

/** Rules of the workspace folder and of what lies between it and `folder`; like a search of VS Code, none from above it. */
async function rulesAbove(folder: Uri, root: Uri): Promise<IgnoreRules> {
  const between = folder.path
    .slice(root.path.length)
    .split('/')
    .filter((name) => name !== '');
  let rules = IgnoreRules.none;
  let outer = root;
  for (const name of between) {
    rules = await rulesWithin(outer, rules);
    outer = Uri.joinPath(outer, name);
  }
  return rules;
}

async function rulesWithin(folder: Uri, outer: IgnoreRules): Promise<IgnoreRules> {
  try {
    const content = await workspace.fs.readFile(Uri.joinPath(folder, '.gitignore'));
    return outer.and(pathOf(folder), new TextDecoder().decode(content));
  } catch {
    return outer;
  }
}

function pathOf(uri: Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.path;
}

/** `files.exclude`, with its `when` that asks for a file of the same name beside it. */
function excludedBySettings(root: Uri): IsExcluded {
  const patterns =
    workspace.getConfiguration('files', root).get<Record<string, boolean | { when: string }>>('exclude') ??
    {};
  const rules = Object.entries(patterns).flatMap(([pattern, value]) =>
    value === false ? [] : [{ matches: picomatch(pattern.replace(/\/$/, ''), { dot: true }), value }],
  );
  return (path, names) =>
    rules.some(({ matches, value }) => {
      if (!matches(path)) return false;
      if (typeof value !== 'object') return true;
      const name = path.slice(path.lastIndexOf('/') + 1);
      return names.has(value.when.replaceAll('$(basename)', name.replace(/\.[^.]*$/, '')));
    });
}
