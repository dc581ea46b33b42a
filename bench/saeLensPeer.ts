import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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
  const child = spawn(python, [script, packFolder, file, String(threads)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = once(child, 'close').then(() => {
    throw new Error(`sae-lens' process ended: ${said.trim().split('\n').at(-1) ?? ''}`);
  });
  ended.catch(() => undefined);
  child.stdin.on('error', () => undefined);
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (): Promise<void> => {
    child.stdin.write('\n');
    await Promise.race([answers.next(), ended]);
  };
  const close = (): void => {
    child.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  };
  await ask();
  return { contender: { run: ask }, close };
}
