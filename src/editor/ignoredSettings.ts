import { l10n, type LogOutputChannel, Uri, window, workspace } from 'vscode';
import { visibleText } from '../analysis/visibleText.js';
import { engineSettings, settingsSection } from './settings.js';

/**
 * Says so where a workspace tries to set what belongs to the machine: VS Code ignores it without a word, and a person
 * would take the results for those of another model pack.
 */
export async function tellIgnoredSettings(log: LogOutputChannel): Promise<void> {
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) =>
    Uri.joinPath(uri, '.vscode', 'settings.json'),
  );
  const file = workspace.workspaceFile;
  for (const uri of file && file.scheme !== 'untitled' ? [...folders, file] : folders) {
    const names = await engineSettingsIn(uri);
    if (names.length === 0) continue;
    const place = visibleText(workspace.asRelativePath(uri));
    const text = l10n.t(
      'Backfire: {0} sets {1}. What measures is chosen for the whole machine, so this is ignored.',
      place,
      names.join(', '),
    );
    log.warn(text);
    void window.showWarningMessage(text);
  }
}

async function engineSettingsIn(uri: Uri): Promise<string[]> {
  try {
    const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
    return engineSettings
      .map((name) => `${settingsSection}.${name}`)
      .filter((name) => text.includes(`"${name}"`));
  } catch {
    return []; // There is no such file.
  }
}
