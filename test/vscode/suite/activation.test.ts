import { deepEqual, equal, ok } from 'node:assert/strict';
import { commands, extensions } from 'vscode';
import { backfire, extensionId, run } from './backfire.js';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

describe('activation', () => {
  it('brings every command of the manifest, and starts no engine', async () => {
    const { engineIsStarted } = await backfire();
    const manifest = extensions.getExtension(extensionId)!.packageJSON as Manifest;
    const known = await commands.getCommands(true);
    deepEqual(
      manifest.contributes.commands
        .map(({ command }) => command)
        .filter((command) => !known.includes(command)),
      [],
    );
    equal(engineIsStarted(), false);
  });

  it('answers with a reason where there is no editor', async () => {
    await commands.executeCommand('workbench.action.closeAllEditors');
    for (const command of ['analyzeSelection', 'analyzeFile']) {
      const outcome = await run(command);
      ok(outcome.kind === 'nothing');
      ok(outcome.reason.includes('Open a text file'), outcome.reason);
    }
    equal((await backfire()).engineIsStarted(), false);
  });

  it('shows its log', async () => {
    deepEqual(await run('openLog'), { kind: 'done' });
  });
});
