import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationTarget, Position, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import type { FindingNode, TreeNode } from '../../../src/editor/findingGroups.js';
import { backfire, closeEverything, diagnosticsOf, eventually, openSample, run } from './backfire.js';
import { watchSlices } from './hostSlices.js';

const root = workspace.workspaceFolders![0]!.uri.fsPath;
const folder = join(root, 'generated');

describe('scanning the workspace', () => {
  beforeEach(async () => {
    await run('clearResults');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  });
  afterEach(closeEverything);
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('finds what the files hold, and lists it by level, folder and rule', async () => {
    write('shell.py', lesson(1));
    write('docs/page.md', '**Bad:**\n\n```js\nexec("open " + name);\n```\n');
    const counts = await scanned('analyzeWorkspace');
    equal(counts.findings, 5, 'three of the sample, and these two');
    equal(counts.unchanged, 0);

    deepEqual((await findingsByFile()).sort(), [
      'docs/page.md:4',
      'lessons.py:20',
      'lessons.py:25',
      'lessons.py:9',
      'shell.py:5',
    ]);
    await run('groupByFolder');
    deepEqual(await rootLabels(), ['generated', 'generated/docs', 'workspace']);
    await run('groupByRule');
    ok((await rootLabels()).includes('Warning comment above code'));
    await run('groupByLevel');
    ok((await rootLabels()).every((label) => ['high', 'medium', 'low', 'none'].includes(label)));
  });

  it('analyzes only what has changed since, also when the window was reloaded in between', async () => {
    write('a.py', lesson(1));
    write('b.py', lesson(2));
    const first = await scanned();
    write('b.py', lesson(3));
    const second = await scanned();
    equal(second.files, first.files);
    equal(second.unchanged, first.files - 1);
    equal(second.findings, first.findings);
  });

  it('leaves out what .gitignore and files.exclude leave out, also further down', async () => {
    write('.gitignore', 'ignored/\n*.tmp.py\n!kept.tmp.py\n');
    write('ignored/a.py', lesson(1));
    write('deep/down/a.tmp.py', lesson(2));
    write('deep/down/kept.tmp.py', lesson(3));
    write('node_modules/a.py', lesson(4));
    write('excluded/a.py', lesson(5));
    write('twin.js', 'eval(x) // BAD: runs what a visitor typed\n');
    write('twin.ts', 'export {};\n');
    const files = workspace.getConfiguration('files');
    const exclude = { '**/excluded': true, '**/*.js': { when: '$(basename).ts' } };
    await files.update('exclude', exclude, ConfigurationTarget.Workspace);
    try {
      await scanned();
    } finally {
      await files.update('exclude', undefined, ConfigurationTarget.Workspace);
    }
    deepEqual(await findingsByFile(), ['deep/down/kept.tmp.py:5']);
  });

  it('says what it left out, and why', async () => {
    writeFileSync(join(folder, 'picture.bin'), Buffer.from([1, 0, 2, 0]));
    write('large.txt', 'x'.repeat(4 * 1024 * 1024 + 1));
    const { skipped } = await scanned();
    deepEqual(skipped, { binary: 1, 'too-large': 1 });
  });

  it('places what stands after mixed line breaks and a byte order mark', async () => {
    write('mixed.py', `\ufeffimport os\r\n\r\nx = 1\n\r\n${lesson(7).replaceAll('\n', '\r\n')}`);
    await scanned();
    const [node] = await findingNodes((path) => path.endsWith('mixed.py'));
    ok(node);
    equal((await run('openFinding', node.uri.toString(), node.finding.id)).kind, 'done');
    const { document, selection } = window.activeTextEditor!;
    ok(document.getText(selection).trim().startsWith('os.system('), document.getText(selection));
    await eventually('its problem is listed', () => diagnosticsOf(document).length === 1);
  });

  it('drops the findings of a file that is deleted, or changed by another program', async () => {
    write('gone.py', lesson(1));
    write('other.py', lesson(2));
    await scanned();
    rmSync(join(folder, 'gone.py'));
    write('other.py', 'print("nothing")\n');
    await eventually('they are gone', async () => (await findingNodes(inGenerated)).length === 0);
  });

  it('takes an open document as it is, not as it is stored', async () => {
    write('open.py', lesson(1));
    const { document } = await openSample('generated/open.py');
    const edit = new WorkspaceEdit();
    edit.insert(document.uri, new Position(0, 0), '# one line more\n');
    ok(await workspace.applyEdit(edit));
    await scanned();
    deepEqual(await findingsByFile(), ['open.py:6']);
  });

  it('ends when it is cancelled, keeps what it found, and refuses a second one meanwhile', async () => {
    for (let i = 0; i < 12; i++) write(`many-${i}.py`, lesson(i));
    const running = run('analyzeResources', Uri.file(folder));
    await eventually('the first has come', async () => (await findingNodes(() => true)).length > 0);
    const second = await run('analyzeWorkspace');
    equal(second.kind, 'failed');
    await run('cancelScan');
    equal((await running).kind, 'cancelled');
    const found = (await findingsByFile()).length;
    ok(found > 0 && found < 12, String(found));
    const again = await scanned();
    ok(again.unchanged > 0, 'what was found before is not analyzed again');
    equal(again.findings, 12);
  });

  it('lets the extension host answer others all the while', async () => {
    const filler = Array.from({ length: 40 }, (_, i) => `value_${i} = compute(${i})  # nothing bad about it`);
    for (let i = 0; i < 2000; i++)
      write(`part-${i % 20}/file-${i}.py`, `# file ${i}\n${filler.join('\n')}\n`);
    write('part-0/lesson.py', lesson(1));
    const slices = watchSlices();
    const { files } = await scanned();
    const { longest, total } = slices.end();
    console.log(`      ${files} files, ${total} ms of the extension host, the longest piece ${longest} ms`);
    equal(files, 2001);
    ok(longest < total / 10, `${longest} of ${total} ms in one piece`);
  });

  it('answers with a reason where changed files are not known', async () => {
    const outcome = await run('analyzeChangedFiles');
    ok(outcome.kind === 'failed' && outcome.reason.includes('Git'), JSON.stringify(outcome));
  });

  it('scans what is chosen in the explorer', async () => {
    write('a.py', lesson(1));
    write('b/c.py', lesson(2));
    const chosen = [Uri.file(join(folder, 'a.py')), Uri.file(join(folder, 'b'))];
    const outcome = await run('analyzeResources', chosen[0], chosen);
    ok(outcome.kind === 'scanned');
    equal(outcome.files, 2);
    equal(outcome.findings, 2);
  });
});

function write(name: string, content: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

/** One demonstration, at line 5. */
function lesson(number: number): string {
  return `import os\n\ndef open_${number}(name):\n    # BAD: do not pass a name on to the shell, it may hold a semicolon\n    os.system("open ${number} " + name)\n`;
}

async function scanned(command: 'analyzeWorkspace' | 'analyzeResources' = 'analyzeResources') {
  const outcome = await run(command, Uri.file(folder));
  ok(outcome.kind === 'scanned', JSON.stringify(outcome));
  return outcome;
}

async function rootLabels(): Promise<string[]> {
  const { tree } = await backfire();
  return tree.getChildren().flatMap((node) => (node.kind === 'group' ? [node.label] : []));
}

const inGenerated = (path: string) => path.includes('/generated/');

async function findingNodes(isMeant: (path: string) => boolean): Promise<FindingNode[]> {
  const { tree } = await backfire();
  const below = (nodes: TreeNode[]): TreeNode[] =>
    nodes.flatMap((node) => (node.kind === 'group' ? below(tree.getChildren(node)) : [node]));
  return below(tree.getChildren()).flatMap((node) =>
    node.kind === 'finding' && isMeant(node.uri.path) ? [node] : [],
  );
}

async function findingsByFile(): Promise<string[]> {
  const nodes = await findingNodes(() => true);
  const short = (path: string) => path.replace(`${folder}/`, '').replace(`${root}/`, '');
  return nodes.map(({ uri, finding }) => `${short(uri.fsPath)}:${finding.line + 1}`);
}
