import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { skipReasonOf } from './fileErrors.js';
import { IgnoreRules, isLeftOut } from './ignoreRules.js';
import type { SkipReason } from './scanLine.js';

export type WalkEntry =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: SkipReason; readonly detail: string }
  | { readonly kind: 'ignored'; readonly path: string };

interface Folder {
  /** As it was named or reached: what the report shows. */
  readonly path: string;
  /** Absolute, links resolved. */
  readonly real: string;
  readonly rules: IgnoreRules;
}

export interface WalkOptions {
  readonly ignoreFiles: boolean;
  /** Whether a link may be followed to this real path; any, where it is absent. */
  readonly mayFollow?: (target: string) => boolean;
}

/**
 * Files under the paths, lazily and in one fixed order (paths as given, names by code unit), so that a resumed scan
 * meets the same sequence. A link is followed where it leads out of the folders that are walked; within them its
 * target is reached on its own, so nothing is read twice and no loop can run. A path that is named is read even if
 * a .gitignore lists it.
 */
export async function* walk(paths: readonly string[], options: WalkOptions): AsyncGenerator<WalkEntry> {
  const walker = new Walker(options);
  await walker.announce(paths);
  const seen = new Set<string>();
  for (const path of paths) {
    for await (const entry of walker.root(path)) {
      if (paths.length > 1 && entry.kind === 'file') {
        const absolute = resolve(entry.path);
        if (seen.has(absolute)) continue;
        seen.add(absolute);
      }
      yield entry;
    }
  }
}

class Walker {
  /** Real paths of the folders whose whole tree is walked. */
  private readonly trees: string[] = [];

  private readonly ignoreFiles: boolean;
  private readonly mayFollow: (target: string) => boolean;

  constructor({ ignoreFiles, mayFollow = () => true }: WalkOptions) {
    this.ignoreFiles = ignoreFiles;
    this.mayFollow = mayFollow;
  }

  /** Folders that will be walked whole: a link into a later one must not be followed from an earlier one. */
  async announce(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      try {
        const real = await realpath(path);
        if ((await stat(real)).isDirectory()) this.trees.push(real);
      } catch {
        // Said when its turn comes.
      }
    }
  }

  async *root(path: string): AsyncGenerator<WalkEntry> {
    try {
      const real = await realpath(path);
      const status = await stat(real);
      if (status.isFile() || status.isFIFO() || status.isCharacterDevice()) {
        yield { kind: 'file', path };
      } else if (status.isDirectory()) {
        const above = this.ignoreFiles ? await IgnoreRules.above(real) : IgnoreRules.none;
        // Rules that leave out all of it are overruled by its being named.
        yield* this.folder({ path, real, rules: above.ignores(real, true) ? IgnoreRules.none : above });
      } else {
        yield { kind: 'skipped', path, reason: 'not-a-file', detail: 'neither a file nor a folder' };
      }
    } catch (error) {
      yield { kind: 'skipped', path, ...skipReasonOf(error) };
    }
  }

  private async *folder({ path, real, rules: outer }: Folder): AsyncGenerator<WalkEntry> {
    const rules = this.ignoreFiles ? await outer.within(real) : outer;
    let entries: Dirent[];
    try {
      entries = await readdir(real, { withFileTypes: true });
    } catch (error) {
      yield { kind: 'skipped', path, ...skipReasonOf(error) };
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const child = { path: join(path, entry.name), real: join(real, entry.name), rules };
      if (isLeftOut(entry.name, this.ignoreFiles) || rules.ignores(child.real, entry.isDirectory())) {
        yield { kind: 'ignored', path: child.path };
      } else if (entry.isFile()) {
        yield { kind: 'file', path: child.path };
      } else if (entry.isDirectory()) {
        yield* this.folder(child);
      } else if (entry.isSymbolicLink()) {
        yield* this.link(child);
      } else {
        const detail = 'a device, pipe or socket';
        yield { kind: 'skipped', path: child.path, reason: 'not-a-file', detail };
      }
    }
  }

  private async *link({ path, real: link }: Folder): AsyncGenerator<WalkEntry> {
    let target: string;
    let isFolder: boolean;
    try {
      target = await realpath(link);
      const status = await stat(target);
      isFolder = status.isDirectory();
      if (!isFolder && !status.isFile()) {
        yield { kind: 'skipped', path, reason: 'not-a-file', detail: `link to ${target}` };
        return;
      }
    } catch (error) {
      const skipped = skipReasonOf(error);
      // A link to nothing has no text that could be lost.
      const reason = skipped.reason === 'missing' ? 'not-a-file' : skipped.reason;
      yield { kind: 'skipped', path, reason, detail: skipped.detail };
      return;
    }
    if (!this.mayFollow(target)) {
      yield { kind: 'skipped', path, reason: 'no-permission', detail: 'link out of what may be read' };
    } else if (isWithin(dirname(link), target)) {
      yield {
        kind: 'skipped',
        path,
        reason: 'symlink-loop',
        detail: `link to the enclosing folder ${target}`,
      };
    } else if (this.trees.some((tree) => isWithin(target, tree))) {
      const detail = `link to ${target}, which is reached on its own`;
      yield { kind: 'skipped', path, reason: 'symlink-duplicate', detail };
    } else if (this.trees.some((tree) => isWithin(tree, target))) {
      const detail = `link to ${target}, which holds a folder that is walked`;
      yield { kind: 'skipped', path, reason: 'symlink-loop', detail };
    } else if (!isFolder) {
      yield { kind: 'file', path };
    } else if (isLeftOut(basename(target), this.ignoreFiles)) {
      yield { kind: 'ignored', path };
    } else {
      this.trees.push(target);
      yield* this.folder({ path, real: target, rules: IgnoreRules.none });
    }
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
