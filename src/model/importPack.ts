import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPack, type ModelPack, PackError, verifyPack } from './pack.js';
import { readTokenizer } from './packTokenizer.js';

/** What an import that was killed left behind is removed after this time: until then it may still be under way. */
const leftoverHours = 24;
const unfinished = '.importing-';

/**
 * Copies a pack into a folder of its own under `packs` and checks the copy, file by file. It appears there whole or not at all.
 * Of the same pack again both are checked, and a copy that was damaged since is replaced. Throws a PackError that names the
 * file at fault, or the system's error.
 */
export async function importPack(folder: string, packs: string): Promise<ModelPack> {
  const source = await loadPack(folder);
  await readTokenizer(source);
  const target = join(packs, await folderName(source));
  await mkdir(packs, { recursive: true });
  await removeLeftovers(packs);
  const known = await inOrder(target);
  if (known) {
    await verifyPack(source);
    return known;
  }
  const copy = join(packs, `${unfinished}${randomUUID()}`);
  try {
    await copyChecked(source, copy);
    await putInPlace(copy, target);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  return loadPack(target);
}

/** What another import of the same pack has put there meanwhile stays, if it is in order: it may be in use already. */
async function putInPlace(copy: string, target: string): Promise<void> {
  try {
    await rename(copy, target);
  } catch {
    // Something stands there, or else the second try says what is wrong.
    if (await inOrder(target)) return;
    await rm(target, { recursive: true, force: true });
    await rename(copy, target);
  }
}

/** Name and version for people, and a hash of the manifest, which names the hash of every file. */
async function folderName({ folder, label }: ModelPack): Promise<string> {
  const manifest = await readFile(join(folder, 'pack.json'));
  const hash = createHash('sha256').update(manifest).digest('hex').slice(0, 12);
  return `${label.replace(/[^\w.-]+/g, '-').slice(0, 80)}-${hash}`;
}

async function copyChecked({ folder, manifest }: ModelPack, copy: string): Promise<void> {
  await mkdir(copy);
  for (const name of ['pack.json', ...manifest.files.map(({ path }) => path)])
    await copyFile(join(folder, name), join(copy, name), constants.COPYFILE_FICLONE);
  try {
    await verifyPack(await loadPack(copy));
  } catch (error) {
    // A person knows the folder that was chosen, not the copy: if that is at fault, it is named.
    await verifyPack(await loadPack(folder));
    throw error;
  }
}

async function inOrder(folder: string): Promise<ModelPack | undefined> {
  try {
    const pack = await loadPack(folder);
    await verifyPack(pack);
    return pack;
  } catch (error) {
    if (error instanceof PackError) return undefined;
    throw error;
  }
}

async function removeLeftovers(packs: string): Promise<void> {
  const oldest = Date.now() - leftoverHours * 3_600_000;
  for (const name of await readdir(packs)) {
    if (!name.startsWith(unfinished)) continue;
    const path = join(packs, name);
    const changed = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    if (changed < oldest) await rm(path, { recursive: true, force: true });
  }
}
