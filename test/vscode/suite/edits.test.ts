import { deepEqual, equal, ok } from 'node:assert/strict';
import { commands, Position, Range, type TextDocument, Uri, window, WorkspaceEdit, workspace } from 'vscode';
import {
  analyzed,
  backfire,
  closeEverything,
  diagnosticsOf,
  eventually,
  openSample,
  openText,
  run,
} from './backfire.js';

describe('results of a document that changes', () => {
  afterEach(async () => {
    await closeEverything();
    for (const copy of copies.splice(0)) await workspace.fs.delete(copy);
  });

  it('move with an edit before them', async () => {
    const { document } = await openSample('lessons.py');
    await analyzed('analyzeFile');
    const texts = await textsOfProblems(document);
    const lines = linesOfProblems(document);
    await edit(document, new Range(0, 0, 0, 0), '# a new first line\n\n');
    await eventually('the problems have moved', () =>
      linesOfProblems(document).every((line, i) => line === lines[i]! + 2),
    );
    deepEqual(await textsOfProblems(document), texts);
  });

  it('fall to an edit inside, and the panel says that it is stale', async () => {
    const { document } = await openSample('lessons.py');
    const [finding] = await analyzed('analyzeFile');
    ok(finding);
    const before = (await textsOfProblems(document)).length;
    const { panelSnapshot } = await backfire();
    const snapshot = panelSnapshot();
    ok(snapshot.kind === 'sample' && !snapshot.shown.isStale);
    const line = Number(snapshot.shown.place.split(':')[1]) - 1;
    const inside = new Position(line, document.lineAt(line).firstNonWhitespaceCharacterIndex + 2);
    await edit(document, new Range(inside, inside), '_');
    await eventually('one problem is gone', () => diagnosticsOf(document).length === before - 1);
    const after = panelSnapshot();
    ok(after.kind === 'sample' && after.shown.isStale);
    equal(after.shown.text, snapshot.shown.text);
  });

  it('are placed where the text stands now when it was edited during the analysis', async () => {
    const { document } = await openText(manyDemonstrations(3), 'python');
    const running = run('analyzeFile');
    await edit(document, new Range(0, 0, 0, 0), 'import os  # came later\n');
    const outcome = await running;
    ok(outcome.kind === 'analyzed');
    const texts = outcome.findings.map(({ payload }) =>
      document.getText().slice(payload.start, payload.end).trim(),
    );
    equal(texts.length, 3);
    for (const text of texts) ok(text.startsWith('os.system('), text);
  });

  it('are no problems any more when it is closed, and are again when it is opened', async () => {
    // Opened as a person does it: a document that an extension opened stays open for minutes.
    await commands.executeCommand('vscode.open', await copyOfSample('lessons.py', 'closed.py'));
    const { document } = window.activeTextEditor!;
    await analyzed('analyzeFile');
    await eventually('problems are listed', () => diagnosticsOf(document).length > 0);
    await commands.executeCommand('workbench.action.closeActiveEditor');
    await eventually('no problem is left', () => diagnosticsOf(document).length === 0);
    await commands.executeCommand('vscode.open', document.uri);
    await eventually('problems are listed', () => diagnosticsOf(document).length > 0);
  });

  it('stand where they stood when it is closed without being saved', async () => {
    const uri = await copyOfSample('lessons.py', 'unsaved.py');
    await commands.executeCommand('vscode.open', uri);
    const { document } = window.activeTextEditor!;
    await analyzed('analyzeFile');
    const texts = await textsOfProblems(document);
    await edit(document, new Range(0, 0, 0, 0), '# never saved\n');
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await commands.executeCommand('vscode.open', uri);
    const again = await eventually('it is open as it was', () => {
      const opened = window.activeTextEditor?.document;
      return opened?.lineAt(0).text.startsWith('#') === false && opened;
    });
    deepEqual(await textsOfProblems(again), texts);
  });
});

const copies: Uri[] = [];

async function copyOfSample(name: string, copyName: string): Promise<Uri> {
  const folder = workspace.workspaceFolders![0]!.uri;
  const copy = Uri.joinPath(folder, copyName);
  copies.push(copy);
  await workspace.fs.copy(Uri.joinPath(folder, name), copy, { overwrite: true });
  return copy;
}

function linesOfProblems(document: TextDocument): number[] {
  return diagnosticsOf(document)
    .map(({ range }) => range.start.line)
    .sort((a, b) => a - b);
}

async function textsOfProblems(document: TextDocument): Promise<string[]> {
  const diagnostics = await eventually('problems are listed', () => {
    const some = diagnosticsOf(document);
    return some.length > 0 && some;
  });
  return diagnostics.map(({ range }) => document.getText(range)).sort();
}

async function edit(document: TextDocument, range: Range, text: string): Promise<void> {
  const change = new WorkspaceEdit();
  change.replace(document.uri, range, text);
  ok(await workspace.applyEdit(change));
}

function manyDemonstrations(count: number): string {
  const one = (_: unknown, i: number) =>
    `def step_${i}(name):\n    # BAD: do not pass a name on to the shell, it may hold a semicolon\n    os.system("open ${i} " + name)\n\n\n`;
  return `import os\n\n\n${Array.from({ length: count }, one).join('')}`;
}
