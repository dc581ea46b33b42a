import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLineProcess } from './lineProcess.js';
import type { Contender } from './rounds.js';

export interface SaeLensPeer {
  readonly contender: Contender;
  close(): void;
}

/**
 * The same autoencoder through sae-lens on torch, over the same tokens. The process is started here, outside the clock.
 *
 * @throws Error with what it said, when it does not start
 */
export async function openSaeLens(
  python: string,
  script: string,
  packFolder: string,
  residual: Float32Array,
  threads: number,
): Promise<SaeLensPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'backfire-bench-'));
  const file = join(folder, 'residual.bin');
  writeFileSync(file, new Uint8Array(residual.buffer, residual.byteOffset, residual.byteLength));
  const encoder = openLineProcess('sae-lens', python, [script, packFolder, file, String(threads)]);
  const ask = () => encoder.ask('');
  const close = (): void => {
    encoder.close();
    rmSync(folder, { recursive: true, force: true });
  };
  await ask();
  return { contender: { run: ask }, close };
}
