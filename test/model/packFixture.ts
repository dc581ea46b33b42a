import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LanguageModel } from '../../src/model/languageModel.js';
import { loadPack } from '../../src/model/pack.js';

export const root = join(import.meta.dirname, '..', '..');
export const packFolder = join(root, 'models', 'smollm2-135m-instruct');

let opened: Promise<LanguageModel> | undefined;

/** The embedded model, opened once for each test file. */
export function embeddedModel(): Promise<LanguageModel> {
  opened ??= loadPack(packFolder).then((pack) => LanguageModel.open(pack));
  return opened;
}

/** A copy of the pack that a test may damage. */
export function packCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backfire-pack-'));
  cpSync(packFolder, folder, { recursive: true });
  return folder;
}
