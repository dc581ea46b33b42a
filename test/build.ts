import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Tests that start the engine or the command line run the bundles, as a user does. */
export function setup(): void {
  // What an earlier run measured must not answer for the code of today.
  process.env['BACKFIRE_CACHE'] = 'off';
  execFileSync(process.execPath, [join(import.meta.dirname, '..', 'esbuild.mjs')], { stdio: 'inherit' });
}
