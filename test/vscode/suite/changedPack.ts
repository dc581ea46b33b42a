import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Manifest = Record<string, unknown>;

/** The embedded pack with another manifest over the same files, in a folder of its own. */
export function packWith(change: (manifest: Manifest) => Manifest): string {
  const pack = join(process.env['BACKFIRE_ROOT']!, 'models', 'smollm2-135m-instruct');
  const folder = mkdtempSync(join(tmpdir(), 'pack-'));
  for (const name of readdirSync(pack))
    if (name !== 'pack.json') symlinkSync(join(pack, name), join(folder, name));
  const manifest = JSON.parse(readFileSync(join(pack, 'pack.json'), 'utf8')) as Manifest;
  writeFileSync(join(folder, 'pack.json'), JSON.stringify(change(manifest)));
  return folder;
}
