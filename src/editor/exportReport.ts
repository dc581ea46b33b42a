import { spawn } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { l10n, ProgressLocation, Uri, window, workspace } from 'vscode';
import { foldersOnDisk } from './agentTools.js';
import { cliProcess } from './cliProcess.js';
import type { CommandOutcome } from './commandOutcome.js';
import { readSetting } from './settings.js';

interface ExportFormat {
  /** Ending of the file's name; a folder has none. */
  readonly extension: string;
  readonly title: () => string;
}

/** The formats of `backfire scan` that people hand on. */
const formats = {
  html: { extension: '.html', title: () => l10n.t('HTML report') },
  sarif: { extension: '.sarif', title: () => l10n.t('SARIF 2.1.0, for code scanning') },
  jsonl: { extension: '.jsonl', title: () => l10n.t('JSON lines, as the command line writes them') },
  csv: { extension: '.csv', title: () => l10n.t('CSV table') },
  masks: { extension: '.masks.jsonl', title: () => l10n.t('Loss masks for a trainer') },
  ablation: {
    extension: '.ablation.json',
    title: () => l10n.t('Ablation spec: layer and features that a trainer takes away (CAFT)'),
  },
  dolma: { extension: '', title: () => l10n.t('Dolma attributes, a folder') },
} as const satisfies Record<string, ExportFormat>;
type FormatName = keyof typeof formats;

/**
 * Writes a report of the workspace's folders, as `backfire scan` would write it: files are read as they are saved. What was
 * measured before comes from the cache of measures. `format` and `target` are asked for where the caller names none.
 */
export async function exportReport(
  extensionUri: Uri,
  format: unknown,
  target: unknown,
): Promise<CommandOutcome> {
  const folders = foldersOnDisk();
  const [first] = folders;
  if (first === undefined)
    return {
      kind: 'nothing',
      reason: l10n.t('Open a folder on this machine first: there is nothing to export.'),
    };
  const name = isFormat(format) ? format : await chooseFormat();
  if (name === undefined) return { kind: 'cancelled' };
  const file = target instanceof Uri ? target : await chooseTarget(name, first);
  if (file === undefined) return { kind: 'cancelled' };
  const options = ['--format', name, '--output', file.fsPath, '--min-level', readSetting('minimumLevel')];
  const kinds = ['--kind', readSetting('kinds').join(',')];
  const ended = await window.withProgress(
    {
      location: ProgressLocation.Notification,
      title: l10n.t('Backfire: writing the report'),
      cancellable: true,
    },
    (_, token) =>
      runScan(extensionUri, [...options, ...kinds], folders, (stop) => token.onCancellationRequested(stop)),
  );
  if (ended.code === interrupted) return { kind: 'cancelled' };
  if (ended.code !== 0 && ended.code !== incomplete) throw new Error(ended.said);
  void tellWritten(file, name, ended.code === incomplete);
  return { kind: 'done' };
}

/** Exit codes of `backfire scan`: stopped by a person; written, but some of the input could not be read or scored. */
const interrupted = 130;
const incomplete = 3;

function runScan(
  extensionUri: Uri,
  options: readonly string[],
  folders: readonly string[],
  onCancel: (stop: () => void) => void,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { command, entry, env, engineOptions } = cliProcess(extensionUri);
  // From the first folder: paths in the report start there.
  const child = spawn(
    command,
    [
      entry,
      'scan',
      '--quiet',
      ...options,
      ...engineOptions,
      '--',
      ...folders.map((folder, i) => (i === 0 ? '.' : folder)),
    ],
    {
      cwd: folders[0],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  onCancel(() => child.kill('SIGINT'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said: said.trim() }));
  });
}

async function chooseFormat(): Promise<FormatName | undefined> {
  const items = (Object.keys(formats) as FormatName[]).map((name) => ({
    label: formats[name].title(),
    name,
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Export the findings of the workspace') }))?.name;
}

async function chooseTarget(name: FormatName, folder: string): Promise<Uri | undefined> {
  const defaultUri = Uri.file(
    join(dirname(folder), `${basename(folder)}-backfire${formats[name].extension}`),
  );
  return window.showSaveDialog({ defaultUri, title: formats[name].title() });
}

async function tellWritten(file: Uri, name: FormatName, isIncomplete: boolean): Promise<void> {
  const open = l10n.t('Open');
  const message = isIncomplete
    ? l10n.t('Backfire: the report is written. Some files could not be read or scored: it says which.')
    : l10n.t('Backfire: the report is written.');
  if ((await window.showInformationMessage(message, ...(name === 'dolma' ? [] : [open]))) !== open) return;
  await window.showTextDocument(await workspace.openTextDocument(file));
}

function isFormat(value: unknown): value is FormatName {
  return typeof value === 'string' && Object.hasOwn(formats, value);
}
