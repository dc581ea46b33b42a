import { ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  commands,
  type Diagnostic,
  extensions,
  languages,
  Selection,
  type TextDocument,
  type TextEditor,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { CommandOutcome } from '../../../src/editor/commandOutcome.js';
import type { BackfireExtension } from '../../../src/extension.js';

export const extensionId = 'backfire.backfire';

export async function backfire(): Promise<BackfireExtension> {
  const extension = extensions.getExtension<BackfireExtension>(extensionId);
  ok(extension, `${extensionId} is installed`);
  return extension.activate();
}

export async function run(command: string, ...given: unknown[]): Promise<CommandOutcome> {
  return commands.executeCommand<CommandOutcome>(`backfire.${command}`, ...given);
}

/** Runs an analysis that must come to findings. */
export async function analyzed(command: 'analyzeSelection' | 'analyzeFile') {
  const outcome = await run(command);
  ok(outcome.kind === 'analyzed', `analyzed, not ${JSON.stringify(outcome)}`);
  return outcome.findings;
}

/** Opens a file of the workspace's samples. */
export async function openSample(name: string): Promise<TextEditor> {
  const folder = workspace.workspaceFolders?.[0];
  ok(folder, 'a folder is open');
  return window.showTextDocument(await workspace.openTextDocument(Uri.joinPath(folder.uri, name)));
}

export async function openText(content: string, language: string): Promise<TextEditor> {
  return window.showTextDocument(await workspace.openTextDocument({ content, language }));
}

/** Selects from the start of one text to the end of another. */
export function select({ document }: TextEditor, from: string, to: string): Selection {
  const start = document.getText().indexOf(from);
  const end = document.getText().indexOf(to, start) + to.length;
  ok(start >= 0 && end >= to.length, `${from} … ${to} is in the document`);
  return new Selection(document.positionAt(start), document.positionAt(end));
}

export function diagnosticsOf({ uri }: TextDocument): Diagnostic[] {
  return languages.getDiagnostics(uri).filter(({ source }) => source === 'Backfire');
}

/** Diagnostics and tabs reach the API a moment after they were set. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await sleep(50);
  }
  throw new Error(`did not come about: ${what}`);
}

export async function closeEverything(): Promise<void> {
  await commands.executeCommand('workbench.action.files.revert');
  await commands.executeCommand('workbench.action.closeAllEditors');
  await run('clearResults');
}
