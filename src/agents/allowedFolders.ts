import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { visibleText } from '../analysis/visibleText.js';
import { AgentError } from './agentError.js';

/** The folders that an agent may have read: nothing outside is opened, whichever way a path or a link leads there. */
export class AllowedFolders {
  /** `folders`: absolute, links resolved. */
  private constructor(private readonly folders: readonly string[]) {}

  /** @throws AgentError where one of them is no folder, or where there is none */
  static async of(paths: readonly string[]): Promise<AllowedFolders> {
    if (paths.length === 0) throw new AgentError('There is no folder on disk to read: open or name one.');
    const folders = paths.map(async (path) => {
      const real = await realpath(path).catch(() => undefined);
      if (real === undefined || !(await stat(real)).isDirectory())
        throw new AgentError(`${path} is no folder: name one that exists.`);
      return real;
    });
    return new AllowedFolders(await Promise.all(folders));
  }

  /** Of a path whose links are resolved. */
  holds(real: string): boolean {
    return this.folders.some((folder) => isWithin(real, folder));
  }

  /**
   * The file or folder that an agent names, absolute or from one of the folders on, its links resolved.
   * What lies outside gets one and the same answer, whether it exists or not.
   *
   * @throws AgentError
   */
  async find(path: string): Promise<string> {
    const shown = visibleText(path);
    const candidates = this.folders
      .map((folder) => resolve(folder, path))
      .filter((each) => isAbsolute(path) || this.holds(each));
    for (const candidate of candidates) {
      const real = await realpath(candidate).catch(() => undefined);
      if (real === undefined || !this.holds(real)) continue;
      const status = await stat(real);
      if (status.isFile() || status.isDirectory()) return real;
      throw new AgentError(`${shown} is neither a file nor a folder.`);
    }
    throw new AgentError(
      `${shown} is nothing that may be read here: name a path inside ${this.folders.join(' or ')}.`,
    );
  }

  /** As an agent can name it again: from the folder on where there is only one, otherwise absolute. */
  nameOf(real: string): string {
    const [only, ...others] = this.folders;
    return only === undefined || others.length > 0 || real === only ? real : relative(only, real);
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
