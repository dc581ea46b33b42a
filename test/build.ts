import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Tests that start the engine or the command line run the bundles, as a user does. */
export function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', 'esbuild.mjs')], { stdio: 'inherit' });
}
