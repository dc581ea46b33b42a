import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importPack } from '../../src/model/importPack.js';
import { PackError, verifyPack } from '../../src/model/pack.js';
import { packCopy, packFolder } from './packFixture.js';

describe('importing a model pack', () => {
  let packs: string;
  const folders: string[] = [];
  beforeEach(() => {
    packs = join(mkdtempSync(join(tmpdir(), 'backfire-data-')), 'packs');
    folders.push(join(packs, '..'));
  });
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('makes a whole copy, of what the manifest names and nothing else', async () => {
    const source = packCopy();
    folders.push(source);
    writeFileSync(join(source, 'notes.txt'), 'not of the pack');
    const pack = await importPack(source, packs);
    rmSync(source, { recursive: true });
    await verifyPack(pack);
    expect(pack.folder.startsWith(packs)).toBe(true);
    expect(existsSync(join(pack.folder, 'notes.txt'))).toBe(false);
    expect(readdirSync(packs)).toHaveLength(1);
  });

  it('takes the same pack once, also when two imports run at the same time', async () => {
    const [first, second] = await Promise.all([importPack(packFolder, packs), importPack(packFolder, packs)]);
    expect(second.folder).toBe(first.folder);
    expect((await importPack(packFolder, packs)).folder).toBe(first.folder);
    expect(readdirSync(packs)).toHaveLength(1);
    await verifyPack(first);
  });

  it('mends a copy that was damaged since', async () => {
    const { folder } = await importPack(packFolder, packs);
    flipByte(join(folder, 'blocks.bin'));
    await verifyPack(await importPack(packFolder, packs));
  });

  it('refuses a damaged pack with the name of its file, and leaves nothing behind', async () => {
    const source = packCopy();
    folders.push(source);
    flipByte(join(source, 'blocks.bin'));
    const error: unknown = await importPack(source, packs).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PackError);
    expect((error as PackError).message).toContain(`${join(source, 'blocks.bin')} was altered`);
    expect(readdirSync(packs)).toEqual([]);
    // Nor is it taken because a copy is there that is in order.
    await importPack(packFolder, packs);
    await expect(importPack(source, packs)).rejects.toThrow('was altered');
  });

  it('refuses a folder that holds no pack, and makes no folder for it', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'backfire-empty-'));
    folders.push(empty);
    await expect(importPack(empty, packs)).rejects.toThrow(join(empty, 'pack.json'));
    expect(existsSync(packs)).toBe(false);
  });

  it('removes what a killed import left, but not what may still be under way', async () => {
    const [old, fresh] = [join(packs, '.importing-old'), join(packs, '.importing-fresh')];
    for (const folder of [old, fresh]) mkdirSync(folder, { recursive: true });
    utimesSync(old, 0, 0);
    await importPack(packFolder, packs);
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });
});

function flipByte(path: string): void {
  const at = 5_000_000;
  const flipped = readFileSync(path)[at]! ^ 1;
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([flipped]), 0, 1, at);
  closeSync(file);
}
