import envPaths from 'env-paths';

/**
 * Where results are kept between runs: the user's cache folder by the system's own rule (`XDG_CACHE_HOME`, `~/Library/Caches`,
 * `%LOCALAPPDATA%`), or what `BACKFIRE_CACHE` names; undefined when that is `off`.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv): string | undefined {
  const { BACKFIRE_CACHE: wanted } = environment;
  if (wanted === 'off') return undefined;
  return wanted === undefined || wanted === '' ? envPaths('backfire', { suffix: '' }).cache : wanted;
}
