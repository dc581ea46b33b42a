import { EventEmitter, lm, McpStdioServerDefinition, Uri, workspace } from 'vscode';
import { foldersOnDisk } from './agentTools.js';
import { cliProcess } from './cliProcess.js';
import { DisposableStore } from './disposableStore.js';
import { engineSettings, settingsSection } from './settings.js';

/** Newer than some builds of VS Code that extensions are installed into. */
const api: Partial<typeof lm> | undefined = lm;

/** Offers `backfire mcp` over the folders of the workspace; VS Code starts it when an agent first needs it. */
export function offerMcpServer(extensionUri: Uri, version: string): DisposableStore {
  const owned = new DisposableStore();
  const changed = owned.add(new EventEmitter<void>());
  owned.add(workspace.onDidChangeWorkspaceFolders(() => changed.fire()));
  owned.add(
    workspace.onDidChangeConfiguration((change) => {
      if (engineSettings.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`)))
        changed.fire();
    }),
  );
  const registered = api?.registerMcpServerDefinitionProvider?.('backfire', {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: () => mcpDefinitions(extensionUri, version),
  });
  if (registered !== undefined) owned.add(registered);
  return owned;
}

/** None where no folder is open. */
export function mcpDefinitions(extensionUri: Uri, version: string): McpStdioServerDefinition[] {
  const folders = foldersOnDisk();
  const [first] = folders;
  if (first === undefined) return [];
  const { command, entry, env, engineOptions } = cliProcess(extensionUri);
  const options = [entry, 'mcp', ...engineOptions, '--', ...folders];
  const definition = new McpStdioServerDefinition('Backfire', command, options, env, version);
  definition.cwd = Uri.file(first);
  return [definition];
}
