import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationTarget, Uri, window, workspace } from 'vscode';
import { analyzed, backfire, closeEverything, eventually, openSample, run } from './backfire.js';

const pack = join(process.env['BACKFIRE_ROOT']!, 'models', 'smollm2-135m-instruct');
const setting = () => workspace.getConfiguration('backfire').get<string>('modelPack');

describe('choosing a model pack', () => {
  afterEach(() =>
    workspace.getConfiguration('backfire').update('modelPack', undefined, ConfigurationTarget.Global),
  );

  it('checks the folder, then writes the setting of the machine; the way back needs no folder', async () => {
    await choosing(pack, async () => {
      equal((await run('selectModelPack')).kind, 'done');
      equal(setting(), pack);
    });
    await choosing(undefined, async () => {
      equal((await run('selectModelPack')).kind, 'done');
      equal(setting(), '');
    });
  });

  it('refuses a folder that holds none, says why, and changes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pack-'));
    try {
      await choosing(folder, async () => {
        const outcome = await run('selectModelPack');
        ok(outcome.kind === 'failed' && outcome.reason.includes(join(folder, 'pack.json')));
        equal(setting(), '');
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('copies a folder into the storage of the extension, and measures with the copy when the folder is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pack-'));
    cpSync(pack, folder, { recursive: true });
    const before = await (await backfire()).engineInfo();
    await choosing(folder, async () => {
      deepEqual(await run('importModelPack'), { kind: 'done' });
    });
    rmSync(folder, { recursive: true });
    const copy = setting()!;
    ok(copy.includes('globalStorage') && existsSync(join(copy, 'pack.json')), copy);
    const { processId } = await (await backfire()).engineInfo();
    notEqual(processId, before.processId);
    await openSample('lessons.py');
    const findings = await analyzed('analyzeFile');
    deepEqual(
      findings.map(({ byEmbeddedModel }) => byEmbeddedModel),
      [false, false, false],
    );
    await closeEverything();
  });

  it('refuses to import a damaged pack: says which file, and leaves setting and storage as they are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pack-'));
    try {
      cpSync(pack, folder, { recursive: true });
      const path = join(folder, 'blocks.bin');
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.from([readFileSync(path)[5_000_000]! ^ 1]), 0, 1, 5_000_000);
      closeSync(file);
      await choosing(folder, async () => {
        const outcome = await run('importModelPack');
        ok(
          outcome.kind === 'failed' && outcome.reason.includes(`${path} was altered`),
          JSON.stringify(outcome),
        );
        equal(setting(), '');
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is not for a workspace: what it sets is ignored, and said so', async () => {
    const file = Uri.joinPath(workspace.workspaceFolders![0]!.uri, '.vscode', 'settings.json');
    const elsewhere = JSON.stringify({ 'backfire.modelPack': '/tmp/elsewhere', 'backfire.threads': 1 });
    await workspace.fs.writeFile(file, new TextEncoder().encode(elsewhere));
    const warnings: string[] = [];
    const original = window.showWarningMessage;
    const note = (message: string) => Promise.resolve(void warnings.push(message));
    window.showWarningMessage = note;
    try {
      equal((await run('restartEngine')).kind, 'done');
      equal(setting(), '');
      ok((await (await backfire()).engineInfo()).pack.startsWith('smollm2-135m-instruct@'));
      await eventually('a warning', () => warnings.some((text) => text.includes('backfire.modelPack')));
    } finally {
      window.showWarningMessage = original;
      await workspace.fs.delete(file);
    }
  });
});

/** As a person who chooses this folder, or the embedded pack; the real dialogs would wait for one. */
async function choosing(folder: string | undefined, work: () => Promise<void>): Promise<void> {
  const { showQuickPick, showOpenDialog, showErrorMessage } = window;
  const pick = (items: readonly unknown[]) => Promise.resolve(items[folder === undefined ? 0 : 1]);
  window.showQuickPick = pick as unknown as typeof showQuickPick;
  window.showOpenDialog = () => Promise.resolve(folder === undefined ? undefined : [Uri.file(folder)]);
  window.showErrorMessage = () => Promise.resolve(undefined);
  try {
    await work();
  } finally {
    Object.assign(window, { showQuickPick, showOpenDialog, showErrorMessage });
  }
}
