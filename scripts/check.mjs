import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUp, tool } from './setUp.mjs';

setUp();
/** Each check runs even when one before it failed, so that one run shows all there is to mend. */
const checks = [
  ['types', () => tool('typescript', '-p', '.')],
  [
    'types of the panel',
    () => (existsSync(join(root, 'webview', 'tsconfig.json')) ? tool('typescript', '-p', 'webview') : 1),
  ],
  ['lint', () => tool('eslint', '.', '--max-warnings', '0')],
  [
    'layers and cycles',
    () => tool('dependency-cruiser', '--config', 'dependencies.config.mjs', 'src', 'webview'),
  ],
  ['format', () => tool('prettier', '--check', '.', '--log-level', 'warn')],
  ['dead exports', () => tool('knip')],
];
const failed = checks.filter(([name, check]) => {
  const code = check();
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  return code !== 0;
});
process.exit(failed.length === 0 ? 0 : 1);
