import { EventEmitter, lm, McpStdioServerDefinition, Uri, workspace } from 'vscode';
import { foldersOnDisk } from './agentTools.js';
import { DisposableStore } from './disposableStore.js';
import { engineSettings, readSetting, settingsSection } from './settings.js';

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

/** None where no folder is open. The process is the one that runs this extension, as Node. */
export function mcpDefinitions(extensionUri: Uri, version: string): McpStdioServerDefinition[] {
  const folders = foldersOnDisk();
  const [first] = folders;
  if (first === undefined) return [];
  const pack = readSetting('modelPack');
  const threads = readSetting('threads');
  const options = [
    ...(pack === '' ? [] : ['--pack', pack]),
    ...(threads > 0 ? ['--threads', String(threads)] : []),
  ];
  const cli = Uri.joinPath(extensionUri, 'dist', 'cli.mjs').fsPath;
  const definition = new McpStdioServerDefinition(
    'Backfire',
    process.execPath,
    [cli, 'mcp', ...options, '--', ...folders],
    { ELECTRON_RUN_AS_NODE: '1' },
    version,
  );
  definition.cwd = Uri.file(first);
  return [definition];
}
