import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The nearest folder above this module with our package.json: the parent of `dist` when bundled. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json of backfire not found above its own code');
    folder = parent;
  }
  return folder;
}

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

/** Where the tree-sitter grammars are: copied beside the bundle, or as they were installed. */
export function grammarFolder(): string {
  const bundled = join(packageRoot(), 'dist', 'grammars');
  return existsSync(bundled)
    ? bundled
    : join(packageRoot(), 'node_modules', '@vscode', 'tree-sitter-wasm', 'wasm');
}

/** The bundled engine process. */
export function serverEntry(): string {
  return join(packageRoot(), 'dist', 'engine.mjs');
}
