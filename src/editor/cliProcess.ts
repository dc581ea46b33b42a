import { Uri } from 'vscode';
import { readSetting } from './settings.js';

/** The bundled command line, run by the process that runs this extension, as Node. */
export function cliProcess(extensionUri: Uri): {
  readonly command: string;
  readonly entry: string;
  readonly env: Record<string, string>;
  /** What the settings say of the engine. */
  readonly engineOptions: readonly string[];
} {
  const pack = readSetting('modelPack');
  const threads = readSetting('threads');
  return {
    command: process.execPath,
    entry: Uri.joinPath(extensionUri, 'dist', 'cli.mjs').fsPath,
    env: { ELECTRON_RUN_AS_NODE: '1' },
    engineOptions: [
      ...(pack === '' ? [] : ['--pack', pack]),
      ...(threads > 0 ? ['--threads', String(threads)] : []),
    ],
  };
}
