import { l10n, window } from 'vscode';
import type { CommandParts, CommandTable } from './commandParts.js';
import { importModelPack } from './importModelPack.js';
import { selectModelPack } from './selectModelPack.js';

/** The engine, its model pack and its log. */
export function engineCommands({ engine, packsFolder, log, status }: CommandParts): CommandTable {
  return {
    'backfire.restartEngine': async () => {
      const info = await status.during(engine.restart());
      void window.showInformationMessage(l10n.t('Backfire: the engine runs again, with {0}.', info.pack));
      return { kind: 'done' };
    },
    'backfire.selectModelPack': () => selectModelPack((work) => status.during(work)),
    'backfire.importModelPack': () => status.during(importModelPack(engine, packsFolder)),
    'backfire.openLog': () => {
      log.show();
      return Promise.resolve({ kind: 'done' });
    },
  };
}
