import { l10n, Uri, window } from 'vscode';
import type { CommandOutcome } from './commandOutcome.js';
import { readSetting, writeSetting } from './settings.js';

/**
 * Lets a person choose the folder of a model pack, checks every file of it as `backfire pack check` does, and only then
 * writes the setting. Rejects with a PackError that says which file is at fault.
 */
export async function selectModelPack(during: <T>(work: Promise<T>) => Promise<T>): Promise<CommandOutcome> {
  const embedded = { label: l10n.t('The pack that comes with the extension'), isEmbedded: true };
  const folder = { label: l10n.t('Choose a folder…'), isEmbedded: false };
  const title = l10n.t('Which model pack measures?');
  const choice = await window.showQuickPick([embedded, folder], { title });
  if (!choice) return { kind: 'cancelled' };
  if (choice.isEmbedded) {
    await writeSetting('modelPack', undefined);
    return { kind: 'done' };
  }
  const current = readSetting('modelPack');
  const chosen = await window.showOpenDialog({
    title,
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: l10n.t('Check and use'),
    ...(current === '' ? {} : { defaultUri: Uri.file(current) }),
  });
  if (!chosen?.[0]) return { kind: 'cancelled' };
  const label = await during(checkedPack(chosen[0].fsPath));
  await writeSetting('modelPack', chosen[0].fsPath);
  void window.showInformationMessage(l10n.t('Backfire: {0} is in order and measures from now on.', label));
  return { kind: 'done' };
}

async function checkedPack(folder: string): Promise<string> {
  // Here, not above: its schemas would cost activation.
  const { loadPack, verifyPack } = await import('../model/pack.js');
  const pack = await loadPack(folder);
  await verifyPack(pack);
  return pack.label;
}
