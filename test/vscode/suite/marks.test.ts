import { deepEqual, equal, ok } from 'node:assert/strict';
import { rmSync } from 'node:fs';
import {
  type CodeLens,
  commands,
  type Hover,
  MarkdownString,
  type Position,
  type TextDocument,
  window,
  workspace,
  WorkspaceEdit,
} from 'vscode';
import { Diagnostics } from '../../../src/editor/diagnostics.js';
import type { EditorFinding } from '../../../src/editor/editorFinding.js';
import { FindingStore } from '../../../src/editor/findingStore.js';
import { markdownText } from '../../../src/editor/markdownText.js';
import { findingsInEditor } from '../../../src/editor/shownFindings.js';
import { filesIn } from '../../../src/editor/gitChanges.js';
import { packWith } from './changedPack.js';
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

/** What a text may try: a tag, a command, a link, a bare address, an image, a table, reordered letters. */
const hostile =
  '<img src=x onerror=alert(1)> [run](command:workbench.action.quit) ![x](https://x.example/a.png) https://x.example | a | \u202ecod.exe';

describe('marks in the editor', () => {
  afterEach(closeEverything);

  it('are a lens above each finding, which leads to the panel and to what can be done', async () => {
    const { document } = await openSample('lessons.py');
    const findings = (await analyzed('analyzeFile')).filter(
      ({ result }) => result.kind === 'measured' && result.level !== 'none',
    );
    const lenses = await lensesOf(document);
    equal(lenses.length, 2 * findings.length);
    const [first] = lenses;
    ok(first?.command);
    equal(first.command.command, 'backfire.explainFinding');
    const line = document.lineAt(first.range.start.line).text;
    ok(line.includes('def ') || line.includes('return') || line.includes('call'), line);

    const { panelSnapshot } = await backfire();
    const given = (first.command.arguments ?? []) as string[];
    deepEqual(await run('explainFinding', ...given), { kind: 'done' });
    const snapshot = panelSnapshot();
    ok(snapshot.kind === 'sample');
    equal(snapshot.shown.id, given[1]);
  });

  it('are a hover with the measures, over frame and payload alike', async () => {
    const { document } = await openSample('lessons.py');
    const [finding] = await analyzed('analyzeFile');
    ok(finding?.frame);
    for (const { start } of [finding.frame, finding.payload]) {
      const [text] = await hoversAt(document, document.positionAt(start + 1));
      ok(text);
      ok(text.value.includes('Teach ratio') && text.value.includes('Span NLL'), text.value);
      ok(text.value.includes('comment\\-above\\-code.md') || text.value.includes('comment-above-code.md'));
      const own = ['explainFinding', 'fixFinding', 'showFeature', 'showFeatureInline'];
      deepEqual(text.isTrusted, { enabledCommands: own.map((name) => `backfire.${name}`) });
    }
  });

  it('say in hover and panel that a frame hides the payload from the probe, by the rule of the pack', async () => {
    const { document } = await openSample('lessons.py');
    const plain = (await analyzed('analyzeFile')).map(probed);
    const hidden = plain.find(({ probe }) => probe.sample < probe.bare);
    ok(hidden, JSON.stringify(plain.map(({ probe }) => probe)));
    ok(!hidden.stealthSlip && !(await hoverOver(document, hidden)).includes('Stealth slip'));

    // A pack whose rule stands between the two scores: the model, the probe and its scores stay what they are.
    const threshold = (hidden.probe.bare + hidden.probe.sample) / 2;
    const folder = packWith((manifest) => ({
      ...manifest,
      probe: { ...(manifest['probe'] as object), threshold, firing: 0 },
    }));
    try {
      await workspace.getConfiguration('backfire').update('modelPack', folder, true);
      const now = (await analyzed('analyzeFile')).map(probed);
      const slipped = now.find(({ start }) => start === hidden.start);
      ok(slipped?.stealthSlip);
      deepEqual(slipped.probe, { ...hidden.probe, threshold: Number(threshold.toPrecision(6)) });
      const hover = await hoverOver(document, slipped);
      ok(hover.includes('Stealth slip'), hover);
      for (const score of Object.values(slipped.probe))
        ok(hover.includes(markdownText(score.toFixed(2))), hover);
      ok(hover.includes(markdownText('docs/science.md')), hover);
      await run('explainFinding', document.uri.toString(), slipped.id);
      const { panelSnapshot } = await backfire();
      const snapshot = panelSnapshot();
      ok(snapshot.kind === 'sample' && snapshot.shown.result.kind === 'measured');
      equal(snapshot.shown.result.measures.stealthSlip, true);
      deepEqual(snapshot.shown.result.measures.probe, slipped.probe);
      for (const other of now)
        equal((await hoverOver(document, other)).includes('Stealth slip'), other.stealthSlip === true);
    } finally {
      await workspace.getConfiguration('backfire').update('modelPack', undefined, true);
      rmSync(folder, { recursive: true });
    }
  });

  it('show hostile text as text', async () => {
    const { document } = await openText(
      `**Bad ${hostile}:**\n\n\`\`\`js\nexec("open " + name); // ${hostile}\n\`\`\`\n`,
      'markdown',
    );
    const outcome = await run('analyzeFile');
    ok(outcome.kind === 'analyzed' || outcome.kind === 'nothing');
    for (const { message } of diagnosticsOf(document)) ok(!message.includes('onerror'), message);
    const { findings } = outcome.kind === 'analyzed' ? outcome : { findings: [] };
    for (const { payload } of findings) {
      for (const { value } of await hoversAt(document, document.positionAt(payload.start)))
        ok(
          !value.includes('workbench.action') && !value.includes('<img') && !value.includes('x.example/'),
          value,
        );
    }
    const shown = markdownText(hostile);
    equal(/(^|[^\\])[<>[\]()!|:/]/.exec(shown), null);
    ok(shown.includes('U\\+202E') || shown.includes('U+202E'));
    ok(!shown.includes('\u202e'));
    ok(new MarkdownString(shown).value === shown);
  });

  it('go away with the finding, and a fix is asked for by its name', async () => {
    const { document } = await openSample('lessons.py');
    const [finding] = await analyzed('analyzeFile');
    ok(finding);
    const place = [document.uri.toString(), finding.id];
    deepEqual(await run('suppressFinding', ...place), { kind: 'done' });
    ok(document.getText().includes('backfire-ignore-next'));
    const gone = await run('explainFinding', ...place);
    ok(gone.kind === 'nothing' && gone.reason.includes('gone'), JSON.stringify(gone));
    equal((await run('explainFinding', 'no such place', 7)).kind, 'nothing');
  });

  it('stay within their number in a file with 5,000 findings, and follow an edit', async () => {
    const count = 5000;
    const { document } = await openText('seed(1)\n'.repeat(count), 'python');
    const store = new FindingStore();
    const diagnostics = new Diagnostics(store, document.uri);
    try {
      store.set(
        document.uri,
        Array.from({ length: count }, (_, line) => madeUp(store.nextId(), line)),
      );
      equal(findingsInEditor(store, document.uri).length, 300);
      const listed = await eventually('the worst and a summary are listed', () => {
        const all = diagnosticsOf(document);
        return all.length === 101 && all;
      });
      ok(listed.some(({ message }) => message.startsWith('4900 more findings')));
      const edit = new WorkspaceEdit();
      edit.insert(document.uri, document.positionAt(0), '# one line more\n');
      ok(await workspace.applyEdit(edit));
      const last = store.of(document.uri).at(-1);
      equal(last && document.positionAt(last.payload.start).line, count);
    } finally {
      diagnostics.dispose();
      store.dispose();
    }
  });
});

describe('documents that are analyzed again by themselves', () => {
  afterEach(closeEverything);

  it('are those with findings, when they are saved', async () => {
    const { document } = await openSample('lessons.py');
    const whole = document.getText();
    await analyzed('analyzeFile');
    const before = await eventually('problems are listed', () => diagnosticsOf(document).length);
    try {
      await append(
        document,
        '\n\ndef seal(name):\n    # WRONG: anybody guesses this key\n    return hmac("secret", name)\n',
      );
      equal(diagnosticsOf(document).length, before);
      await document.save();
      await eventually('the new one is listed', () => diagnosticsOf(document).length === before + 1);
    } finally {
      const { fs } = workspace;
      await fs.writeFile(document.uri, new TextEncoder().encode(whole));
    }
  });

  it('are the visible ones while a person types, when the settings say so', async () => {
    const settings = workspace.getConfiguration('backfire');
    await settings.update('analyzeAgain', 'onType', true);
    try {
      const { document } = await openText('import os\n', 'python');
      for (const line of [
        '\n\ndef show(name):\n',
        '    # BAD: the shell obeys the name\n',
        '    os.system("ls " + name)\n',
      ])
        await append(document, line);
      const [problem] = await eventually('a problem is listed', () => {
        const all = diagnosticsOf(document);
        return all.length > 0 && all;
      });
      equal(document.getText(problem?.range).trim(), 'os.system("ls " + name)');
    } finally {
      await settings.update('analyzeAgain', undefined, true);
    }
  });
});

describe('changed files', () => {
  it('are those of the working tree and the index, each once, without what is deleted', () => {
    const { uri } = window.activeTextEditor?.document ?? { uri: workspace.workspaceFolders![0]!.uri };
    const other = uri.with({ path: `${uri.path}-other` });
    const change = (at: typeof uri, status: number) => ({ uri: at, status });
    const state = {
      workingTreeChanges: [change(uri, 5), change(other, 6)],
      indexChanges: [change(uri, 0)],
      untrackedChanges: [],
    };
    deepEqual(filesIn(state), [uri]);
  });
});

/** The measures are nobody's: measuring 5,000 samples takes minutes, and this is about what comes after. */
function madeUp(id: string, line: number): EditorFinding {
  const start = line * 'seed(1)\n'.length;
  const sample = { text: 'seed(1)\n', language: 'python' };
  return {
    id,
    origin: { kind: 'selection' },
    payload: { start, end: start + 7 },
    line,
    about: { kind: { name: 'security', probability: 1 } },
    reasons: [],
    byEmbeddedModel: false,
    window: { start, sample },
    result: {
      kind: 'measured',
      measures: { calibrated: false, payloadTokens: 4, taught: { value: 2, low: 1, high: 3 } },
      level: 'high',
      remedies: [],
      notes: [],
    },
  };
}

async function lensesOf({ uri }: TextDocument): Promise<CodeLens[]> {
  const all = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', uri, 1000);
  return all.filter(({ command }) => command?.command.startsWith('backfire.'));
}

/** What the probe says of a finding. */
function probed({ id, payload: { start }, result }: EditorFinding) {
  ok(result.kind === 'measured' && result.measures.probe);
  const { probe, stealthSlip } = result.measures;
  return { id, start, probe, stealthSlip };
}

async function hoverOver(document: TextDocument, { start }: { readonly start: number }): Promise<string> {
  const [text] = await hoversAt(document, document.positionAt(start + 1));
  ok(text);
  return text.value;
}

async function hoversAt({ uri }: TextDocument, position: Position): Promise<MarkdownString[]> {
  const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', uri, position);
  return hovers
    .flatMap(({ contents }) => contents as MarkdownString[])
    .filter(({ value }) => value.includes('backfire.explainFinding'));
}

async function append(document: TextDocument, text: string): Promise<void> {
  const edit = new WorkspaceEdit();
  edit.insert(document.uri, document.lineAt(document.lineCount - 1).range.end, text);
  ok(await workspace.applyEdit(edit));
}
