import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineHost } from './engineHost.js';
import { ScanCache } from './scanCache.js';

/** Gives the cache for the engine as it is set up now: another pack or another build of the engine has its own. */
export function scanCacheOpener(
  storage: string | undefined,
  host: Pick<EngineHost, 'packFolder' | 'serverEntry'>,
): () => Promise<ScanCache> {
  let opened: { readonly key: string; readonly cache: Promise<ScanCache> } | undefined;
  return async () => {
    const key = await keyOf(host.packFolder, host.serverEntry);
    if (opened?.key !== key) opened = { key, cache: ScanCache.open(storage, key) };
    return opened.cache;
  };
}

/** What is missing is the engine's to complain of. */
async function keyOf(packFolder: string, serverEntry: string): Promise<string> {
  const pack = await readFile(join(packFolder, 'pack.json')).catch(() => '');
  const build = await stat(serverEntry).then(
    ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
    () => '',
  );
  return createHash('sha256').update(pack).update(build).digest('hex').slice(0, 16);
}
