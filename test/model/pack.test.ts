import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadPack, PackError, verifyPack } from '../../src/model/pack.js';
import { packCopy, packFolder } from './packFixture.js';

interface Manifest {
  format: number;
  layer: number;
  files: { path: string; bytes: number; sha256: string }[];
  graphs: { segments: { graph: string; first: number; last: number }[] };
}

describe('the embedded pack', () => {
  it('is whole: every file as pack.json says', async () => {
    const pack = await loadPack(packFolder);
    await verifyPack(pack);
    expect(pack.label).toMatch(/^smollm2-135m-instruct@\d+\.\d+\.\d+$/);
  });

  it('keeps every file under 95 MB and the whole under 130 MB', async () => {
    const { manifest } = await loadPack(packFolder);
    const sizes = manifest.files.map((file) => statSync(join(packFolder, file.path)).size);
    expect(Math.max(...sizes)).toBeLessThan(95_000_000);
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(130_000_000);
  });

  it('names licence and origin of every file', async () => {
    const { manifest } = await loadPack(packFolder);
    for (const file of manifest.files) expect([file.licence, file.origin]).not.toContain('');
  });
});

describe('a damaged pack', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  const damaged = (damage: (folder: string) => void): string => {
    const folder = packCopy();
    folders.push(folder);
    damage(folder);
    return folder;
  };
  const edited = (edit: (manifest: Manifest) => void) =>
    damaged((folder) => {
      const path = join(folder, 'pack.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
      edit(manifest);
      writeFileSync(path, JSON.stringify(manifest));
    });
  const refusal = async (folder: string): Promise<string> => {
    const error: unknown = await loadPack(folder)
      .then(verifyPack)
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(error).toBeInstanceOf(PackError);
    return (error as PackError).message;
  };

  it('is refused by the name of a missing file', async () => {
    const folder = damaged((folder) => rmSync(join(folder, 'embedding.bin')));
    expect(await refusal(folder)).toContain('embedding.bin is missing');
  });

  it('is refused by name and both sizes when a file is cut', async () => {
    const folder = damaged((folder) => truncateSync(join(folder, 'blocks.bin'), 1000));
    expect(await refusal(folder)).toMatch(
      /blocks\.bin was altered: it has 1000 bytes, pack\.json says \d{8}/,
    );
  });

  it('is refused by name and both hashes when one byte differs', async () => {
    let expected = '';
    const folder = damaged((folder) => {
      const path = join(folder, 'head.onnx');
      const content = readFileSync(path);
      content[content.length >> 1]! ^= 1;
      writeFileSync(path, content);
      const manifest = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')) as Manifest;
      expected = manifest.files.find((file) => file.path === 'head.onnx')!.sha256;
    });
    const message = await refusal(folder);
    expect(message).toMatch(/head\.onnx was altered: its SHA-256 is [0-9a-f]{64}/);
    expect(message).toContain(expected);
  });

  it('is refused when pack.json is missing, no JSON, or of another format', async () => {
    expect(await refusal(damaged((folder) => rmSync(join(folder, 'pack.json'))))).toContain(
      "pack.json can't be read",
    );
    expect(await refusal(damaged((folder) => writeFileSync(join(folder, 'pack.json'), '{')))).toContain(
      'is not JSON',
    );
    expect(await refusal(edited((manifest) => (manifest.format = 2)))).toContain('format');
  });

  it('is refused when a file would lie outside its folder', async () => {
    const folder = edited((manifest) => (manifest.files[0]!.path = '../blocks.bin'));
    expect(await refusal(folder)).toContain('a plain file name');
  });

  it('is refused when its graphs leave out a block, or resid L lies inside one', async () => {
    const gap = edited((manifest) => manifest.graphs.segments.splice(2, 1));
    expect(await refusal(gap)).toMatch(/holds blocks 13 to 16, but block 9 comes next/);
    expect(await refusal(edited((manifest) => (manifest.layer = 15)))).toContain('layer is 15');
  });
});
