import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationTarget, Uri, workspace } from 'vscode';
import type { SummarySection, SummarySnapshot } from '../../../src/editor/summaryMessages.js';
import { backfire, closeEverything, eventually, run } from './backfire.js';

const root = workspace.workspaceFolders![0]!.uri.fsPath;
const folder = join(root, 'summed');
const warnings = ['do not pass a name on to the shell', 'never run what a visitor typed'];

describe('the summary page', () => {
  let shown: SummarySnapshot | undefined;
  const stop: { dispose(): void }[] = [];

  before(async () => {
    stop.push((await backfire()).onDidShowSummary((snapshot) => (shown = snapshot)));
    await run('clearResults');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  });
  after(async () => {
    for (const each of stop) each.dispose();
    rmSync(folder, { recursive: true, force: true });
    await closeEverything();
  });

  const section = (id: SummarySection['id']) => shown?.sections.find((each) => each.id === id);
  const counts = (id: SummarySection['id']) =>
    section(id)?.rows.map(({ label, values }) => `${label} ${values[0]!}`);
  const tiles = () => Object.fromEntries(section('cost')!.tiles.map(({ name, value }) => [name, value]));
  const comesToShow = (what: string, isMeant: (snapshot: SummarySnapshot) => boolean) =>
    eventually(what, () => shown && isMeant(shown));

  it('says what to do as long as nothing was scanned', async () => {
    equal((await run('showSummary')).kind, 'done');
    await comesToShow('an empty page', ({ status }) => status.startsWith('Nothing was scanned yet.'));
    deepEqual(shown?.sections, []);
    deepEqual(
      shown.actions.map(({ command }) => command),
      ['backfire.analyzeWorkspace'],
    );
  });

  it('has the numbers of the Findings view when a scan ends, and what it cost', async () => {
    for (const [index, warning] of [...warnings, warnings[0]!, warnings[0]!].entries())
      writeFileSync(join(folder, `part-${index}.py`), lesson(index, warning));
    writeFileSync(join(folder, 'page.md'), '**Bad:**\n\n```js\nexec("open " + name);\n```\n');
    writeFileSync(join(folder, 'picture.bin'), Buffer.from([1, 0, 2, 0]));
    equal((await run('analyzeResources', Uri.file(folder))).kind, 'scanned');
    await comesToShow('the scan has ended', ({ status }) => status === '5 findings in 5 files');

    for (const [id, grouping] of [
      ['level', 'groupByLevel'],
      ['rule', 'groupByRule'],
    ] as const) {
      await run(grouping);
      const inTree = await rootGroups();
      const inChart = counts(id)!.filter((text) => !text.endsWith(' 0'));
      deepEqual(inChart.sort(), inTree.sort(), id);
    }
    await run('groupByLevel');
    const kinds = section('kind')!.rows.map(({ values }) => Number(values[0]));
    equal(
      kinds.reduce((a, b) => a + b, 0),
      5,
    );

    match(section('wordings')!.lead!, /^3 different ones among 5 frames, .* as varied as 2\.6 /);
    deepEqual(section('wordings')!.rows[0], {
      label: `bad ${warnings[0]!}`,
      share: 1,
      values: ['3', '60 %'],
    });
    const cost = tiles();
    ok(Number(cost['Payload tokens']) > 20, cost['Payload tokens']);
    match(cost['Time in all']!, /^\d[\d,.]* m?s$/);
    delete cost['Payload tokens'];
    delete cost['Time in all'];
    deepEqual(cost, {
      Files: '5',
      'of these unchanged': '0',
      'Left out': '1',
      'Samples measured': '5 of 5',
      'from the cache': '0',
      computed: '5',
    });
    deepEqual(
      section('cost')!.rows.map(({ values: [, into, out] }) => `${into!} ${out!}`),
      ['6 5', '5 5', '5 5', '5 5'],
    );
  });

  it('counts what is not analyzed again as unchanged', async () => {
    equal((await run('analyzeResources', Uri.file(folder))).kind, 'scanned');
    await comesToShow('the second scan has ended', () => tiles()['of these unchanged'] === '5');
    deepEqual([tiles()['Samples measured'], tiles()['computed']], ['0 of 0', '0']);
    equal(shown?.status, '5 findings in 5 files');
  });

  it('leads from a bar to its findings, whatever the filter was', async () => {
    const { showFromSummary } = await backfire();
    const kind = section('kind')!.rows[0]!;
    await showFromSummary(kind.shows!);
    const filtered = (await rootGroups()).map((text) => Number(/\d+$/.exec(text)![0]));
    equal(
      filtered.reduce((a, b) => a + b, 0),
      Number(kind.values[0]),
    );
    await comesToShow('that the view is filtered', ({ cautions }) =>
      cautions.some((text) => /filtered/.test(text)),
    );
    equal(shown?.status, '5 findings in 5 files', 'the charts count everything all the same');

    const rule = section('rule')!.rows[0]!;
    await showFromSummary(rule.shows!);
    ok((await rootGroups()).includes(`${rule.label} ${rule.values[0]!}`));
    await comesToShow('the filter is gone', ({ cautions }) => cautions.length === 0);
    await run('groupByLevel');
  });

  it('says how many the settings leave out', async () => {
    const settings = workspace.getConfiguration('backfire');
    await settings.update('kinds', ['style'], ConfigurationTarget.Global);
    try {
      await comesToShow('nothing is listed', ({ status }) => status === 'No finding is listed.');
      match(shown!.cautions[0]!, /^5 findings more are not listed/);
      equal(section('level'), undefined);
      ok(section('cost'), 'the cost of the scan is the same');
    } finally {
      await settings.update('kinds', undefined, ConfigurationTarget.Global);
    }
    await comesToShow('all are listed again', ({ status }) => status === '5 findings in 5 files');
  });

  it('says so when a scan was cancelled', async () => {
    writeFileSync(join(folder, 'late.py'), lesson(9, warnings[1]!));
    const running = run('analyzeResources', Uri.file(folder));
    let isOver = false;
    void running.then(() => (isOver = true));
    await eventually('its end', async () => {
      await run('cancelScan');
      return isOver;
    });
    equal((await running).kind, 'cancelled');
    await comesToShow('its end', ({ cautions }) =>
      cautions.some((text) => text.startsWith('The last scan did not come to its end')),
    );
    equal(shown?.status, '5 findings in 5 files');
  });

  it('is empty again when results are cleared', async () => {
    await run('clearResults');
    await comesToShow('an empty page', ({ status }) => status.startsWith('Nothing was scanned yet.'));
    deepEqual(shown?.sections, []);
  });
});

function lesson(number: number, warning: string): string {
  return `import os\n\ndef open_${number}(name):\n    # BAD: ${warning}\n    os.system("open ${number} " + name)\n`;
}

/** `high 3` of each group at the root of the Findings view. */
async function rootGroups(): Promise<string[]> {
  const { tree } = await backfire();
  return tree.getChildren().flatMap((node) => (node.kind === 'group' ? [`${node.label} ${node.count}`] : []));
}
