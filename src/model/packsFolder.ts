import { join } from 'node:path';
import envPaths from 'env-paths';

/**
 * Where the command line keeps imported packs: the user's data folder by the system's own rule (`XDG_DATA_HOME`,
 * `~/Library/Application Support`, `%LOCALAPPDATA%`), or what `BACKFIRE_DATA` names.
 */
export function packsFolder({ BACKFIRE_DATA: wanted }: NodeJS.ProcessEnv): string {
  const data = wanted === undefined || wanted === '' ? envPaths('backfire', { suffix: '' }).data : wanted;
  return join(data, 'packs');
}
