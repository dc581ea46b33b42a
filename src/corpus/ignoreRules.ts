import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** Folders of version control: never read, whatever is asked. */
const alwaysLeftOut = new Set(['.git', '.hg', '.svn']);

/** The .gitignore files that apply to one folder, outermost first; immutable, so that a walk can branch. */
export class IgnoreRules {
  private constructor(private readonly layers: readonly { folder: string; rules: Ignore }[]) {}

  static readonly none = new IgnoreRules([]);

  /** Rules that hold above `folder`, an absolute path, up to the top of its git repository. */
  static async above(folder: string): Promise<IgnoreRules> {
    const folders: string[] = [];
    let current = folder;
    while (!(await exists(join(current, '.git')))) {
      const parent = dirname(current);
      if (parent === current) return IgnoreRules.none;
      folders.unshift(parent);
      current = parent;
    }
    let rules = IgnoreRules.none;
    for (const each of folders) rules = await rules.within(each);
    return rules;
  }

  /** These rules and those of the folder's own .gitignore. */
  async within(folder: string): Promise<IgnoreRules> {
    let text: string;
    try {
      text = await readFile(join(folder, '.gitignore'), 'utf8');
    } catch {
      return this;
    }
    return this.and(folder, text);
  }

  /** These rules and those of a .gitignore with this text in the folder. */
  and(folder: string, text: string): IgnoreRules {
    return new IgnoreRules([...this.layers, { folder, rules: ignore().add(text) }]);
  }

  /** The innermost file with an opinion decides, as in git. */
  ignores(path: string, isFolder: boolean): boolean {
    let ignored = false;
    for (const { folder, rules } of this.layers) {
      const name = relative(folder, path).split(sep).join('/');
      const verdict = rules.test(isFolder ? `${name}/` : name);
      if (verdict.ignored) ignored = true;
      else if (verdict.unignored) ignored = false;
    }
    return ignored;
  }
}

export function isLeftOut(name: string, ignoreFiles: boolean): boolean {
  return alwaysLeftOut.has(name) || (ignoreFiles && name === 'node_modules');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
