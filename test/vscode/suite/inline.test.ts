import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  commands,
  type InlayHint,
  Position,
  Range,
  type TextDocument,
  window,
  workspace,
  WorkspaceEdit,
} from 'vscode';
import { rmSync } from 'node:fs';
import { packWith } from './changedPack.js';
import {
  analyzed,
  backfire,
  closeEverything,
  eventually,
  openSample,
  openText,
  run,
  select,
} from './backfire.js';

const settings = () => workspace.getConfiguration('backfire.inlineActivations');
const setTo = (name: string, value: unknown) => settings().update(name, value, true);

describe('inline activations', () => {
  afterEach(async () => {
    for (const name of ['enabled', 'measure', 'values']) await setTo(name, undefined);
    await closeEverything();
  });

  it('are off, and on after the command, with values at the strongest tokens', async () => {
    const { document } = await openSample('lessons.py');
    const findings = await analyzed('analyzeFile');
    deepEqual(await textsOfCells(document), []);
    deepEqual(await hintsOf(document), []);

    deepEqual(await run('toggleInlineActivations'), { kind: 'done' });
    equal(settings().get('enabled'), true);
    const cells = await cellsOf(document);
    ok(cells.length > 30, String(cells.length));
    const inside = (at: number) => findings.some(({ payload }) => payload.start <= at && at < payload.end);
    const strongest = cells.filter(({ step }) => step === 4);
    ok(strongest.length > 0 && strongest.every(({ start }) => inside(start)), 'payloads teach most');
    const hints = await hintsOf(document);
    ok(hints.length > 0 && hints.length < cells.length);
    const ends = cells.map(({ end }) => end);
    for (const { position, label } of hints) {
      ok(ends.includes(document.offsetAt(position)));
      ok(typeof label === 'string' && /^[+-]?\d+\.\d+$/.test(label), JSON.stringify(label));
    }

    await run('toggleInlineActivations');
    deepEqual(await textsOfCells(document), []);
    deepEqual(await hintsOf(document), []);
  });

  it('show the same values as the panel, token by token', async () => {
    const editor = await openSample('lessons.py');
    editor.selection = select(editor, '# BAD: never build the query', `"'").fetchall()`);
    const [finding] = await analyzed('analyzeSelection');
    ok(finding?.result.kind === 'measured');
    const tokens = finding.result.tokens!;
    const shift = finding.payload.start - finding.window.sample.payload!.start;
    const tones = {
      teaches: ['teaches', 'deters'],
      surprise: ['surprise'],
      probe: ['flagged', 'unflagged'],
    };
    const values = { teaches: 'taught', surprise: 'nll', probe: 'probe' } as const;
    // There and back: the tokens of one measure are not those of another, since sinks have no score of the probe.
    for (const measure of ['probe', 'teaches', 'surprise', 'probe'] as const) {
      await setTo('measure', measure);
      await setTo('enabled', true);
      const cells = await eventually('cells', async () => {
        const all = await cellsOf(editor.document);
        return all.length > 0 && all.every(({ tone }) => tones[measure].includes(tone)) && all;
      });
      let compared = 0;
      for (const { start, end, value } of cells) {
        const token = tokens.find((each) => each.start + shift === start && each.end + shift === end);
        if (!token) continue; // Bytes of one letter are drawn as one.
        equal(value, token[values[measure]]);
        compared++;
      }
      ok(compared > 20, `${compared} for ${measure}`);
    }
  });

  it('tell by the probe how bad examples look, with their sign, and dash what it does not flag', async () => {
    const { document } = await openSample('lessons.py');
    await analyzed('analyzeFile');
    await picking('Probe', () => run('chooseInlineActivations'));
    equal(settings().get('measure'), 'probe');
    const cells = await cellsOf(document);
    for (const { value, tone } of cells) equal(tone, value < 0 ? 'unflagged' : 'flagged');
    ok(new Set(cells.map(({ tone }) => tone)).size === 2, 'both tones');
    const hints = await hintsOf(document);
    ok(hints.length > 0);
    for (const { label, tooltip } of hints) {
      ok(typeof label === 'string' && /^[+-]\d+\.\d$/.test(label), JSON.stringify(label));
      ok(
        typeof tooltip === 'string' && /^Probe: log-odds -?\d+\.\d\d$/.test(tooltip),
        JSON.stringify(tooltip),
      );
    }
  });

  it('have no colour by the probe of a pack without one, and keep those of the measures', async () => {
    const folder = packWith(({ probe: _, ...manifest }) => manifest);
    try {
      await workspace.getConfiguration('backfire').update('modelPack', folder, true);
      const { document } = await openSample('lessons.py');
      await analyzed('analyzeFile');
      await setTo('measure', 'probe');
      await setTo('enabled', true);
      deepEqual(await textsOfCells(document), []);
      deepEqual(await hintsOf(document), []);
      await setTo('measure', 'teaches');
      ok((await cellsOf(document)).length > 30);
    } finally {
      await workspace.getConfiguration('backfire').update('modelPack', undefined, true);
      rmSync(folder, { recursive: true });
    }
  });

  it('are chosen from a list, which also takes the values out of the text', async () => {
    const { document } = await openSample('lessons.py');
    await analyzed('analyzeFile');
    await picking('Surprise', () => run('chooseInlineActivations'));
    equal(settings().get('measure'), 'surprise');
    ok((await cellsOf(document)).every(({ tone }) => tone === 'surprise'));
    ok((await hintsOf(document)).length > 0);
    await picking('Values in the text', () => run('chooseInlineActivations'));
    deepEqual(await hintsOf(document), []);
    await picking('Nothing', () => run('chooseInlineActivations'));
    deepEqual(await textsOfCells(document), []);
  });

  it('analyze a file that was not analyzed yet', async () => {
    const { document } = await openSample('lessons.py');
    equal((await run('toggleInlineActivations')).kind, 'analyzed');
    ok((await cellsOf(document)).length > 30);
  });

  it('move with an edit before them, are dropped by one inside, and never stand at another text', async () => {
    const { document } = await openSample('lessons.py');
    const findings = await analyzed('analyzeFile');
    await run('toggleInlineActivations');
    const before = await textsOfCells(document);
    await edit(document, new Range(0, 0, 0, 0), '# a first line that is new\n\n');
    const moved = await textsOfCells(document);
    // What stood in the context at the top of the file belongs to another text now: fewer, never others.
    ok(moved.length > 30 && moved.length <= before.length);
    deepEqual(moved, subsequence(before, moved));

    const { payload } = findings[0]!;
    const inside = document.positionAt(payload.start + 28 + 6);
    await edit(document, new Range(inside, inside), '_');
    const left = await textsOfCells(document);
    ok(left.length > 0 && left.length < moved.length, `${left.length} of ${moved.length}`);
    deepEqual(left, subsequence(moved, left));
    const text = document.getText();
    await edit(document, new Range(0, 0, document.lineCount, 0), '');
    deepEqual(await textsOfCells(document), []);
    await edit(document, new Range(0, 0, 0, 0), text);
    deepEqual(await textsOfCells(document), [], 'a text that came back was not measured');
  });

  it('stay at their tokens where a comment that suppresses stands between', async () => {
    const { document } = await openText(
      'import os\n\n\ndef a(name):\n    # BAD: the shell obeys the name\n    # backfire-ignore-next[label-before-code]\n    os.system("ls " + name)\n',
      'python',
    );
    await analyzed('analyzeFile');
    await run('toggleInlineActivations');
    const cells = await cellsOf(document);
    const texts = cells.map(({ start, end }) => document.getText().slice(start, end));
    ok(texts.includes('system'), texts.join('|'));
    for (const { start, end } of cells) {
      ok(!document.getText().slice(start, end).includes('backfire-ignore'));
    }
  });

  it('are measured for what a scan found, once it is in sight', async () => {
    equal((await run('analyzeWorkspace')).kind, 'scanned');
    const { document } = await openSample('lessons.py');
    deepEqual(await run('toggleInlineActivations'), { kind: 'done' });
    await eventually('tokens are coloured', async () => (await cellsOf(document)).length > 30);
  });
});

async function cellsOf(document: TextDocument) {
  return (await backfire()).inlineCells(document);
}

async function textsOfCells(document: TextDocument): Promise<string[]> {
  return (await cellsOf(document)).map(({ start, end }) => document.getText().slice(start, end));
}

async function hintsOf({ uri, lineCount }: TextDocument): Promise<InlayHint[]> {
  const whole = new Range(0, 0, lineCount, 0);
  return commands.executeCommand<InlayHint[]>('vscode.executeInlayHintProvider', uri, whole);
}

/** The texts of `all`, in order, that are also in `some`: `some` itself, if it only leaves out. */
function subsequence(all: readonly string[], some: readonly string[]): string[] {
  const found: string[] = [];
  for (const text of all) if (text === some[found.length]) found.push(text);
  return found;
}

async function picking(label: string, work: () => Promise<unknown>): Promise<void> {
  const { showQuickPick } = window;
  const pick = (items: readonly { label: string }[]) =>
    Promise.resolve(items.find((item) => item.label.endsWith(label)));
  window.showQuickPick = pick as unknown as typeof showQuickPick;
  try {
    await work();
  } finally {
    window.showQuickPick = showQuickPick;
  }
}

async function edit(document: TextDocument, range: Range, text: string): Promise<void> {
  const change = new WorkspaceEdit();
  change.replace(document.uri, document.validateRange(range), text);
  ok(await workspace.applyEdit(change));
  ok(document.validatePosition(new Position(0, 0)));
}
