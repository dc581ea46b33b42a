import { l10n, ProgressLocation, Uri, window } from 'vscode';
import type { CommandOutcome } from './commandOutcome.js';
import type { EngineHost } from './engineHost.js';
import { writeSetting } from './settings.js';

/**
 * Lets a person choose the folder of a model pack, copies it into the extension's storage, and measures with it from then on,
 * whatever becomes of the folder. Rejects with a PackError that says which file is at fault; then nothing has changed.
 */
export async function importModelPack(
  engine: Pick<EngineHost, 'restart'>,
  packs: string,
): Promise<CommandOutcome> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Which model pack is to be copied?'),
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: l10n.t('Check and import'),
  });
  const folder = chosen?.[0]?.fsPath;
  if (folder === undefined) return { kind: 'cancelled' };
  const title = l10n.t('Backfire: importing the model pack');
  const info = await window.withProgress({ location: ProgressLocation.Notification, title }, async () => {
    // Here, not above: its schemas would cost activation.
    const { importPack } = await import('../model/importPack.js');
    const pack = await importPack(folder, packs);
    await writeSetting('modelPack', Uri.file(pack.folder).fsPath);
    return engine.restart();
  });
  void window.showInformationMessage(
    l10n.t('Backfire: {0} is in order and measures from now on.', info.pack),
  );
  return { kind: 'done' };
}
