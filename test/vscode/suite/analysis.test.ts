import { deepEqual, equal, ok } from 'node:assert/strict';
import { DiagnosticSeverity, Selection, type Tab, TabInputWebview, window, workspace } from 'vscode';
import {
  analyzed,
  backfire,
  closeEverything,
  diagnosticsOf,
  eventually,
  openSample,
  run,
  select,
} from './backfire.js';

const frame = '# BAD: never build the query from what a visitor typed, a quote ends the string';
const payloadStart = 'def find_guest(connection, name):';
const payloadEnd = `"'").fetchall()`;

describe('analyzing', () => {
  afterEach(closeEverything);

  it('takes the frame and the payload that a selection holds, and shows them in the panel', async () => {
    const editor = await openSample('lessons.py');
    editor.selection = select(editor, frame, payloadEnd);
    const [finding, ...others] = await analyzed('analyzeSelection');
    deepEqual(others, []);
    ok(finding?.frame);
    const text = editor.document.getText();
    ok(text.slice(finding.frame.start, finding.frame.end).includes('never build the query'));
    ok(text.slice(finding.payload.start, finding.payload.end).startsWith(payloadStart));
    ok(finding.result.kind === 'measured');
    ok(finding.result.measures.teachRatio, 'with its bare version as the baseline');

    await eventually('the panel is open', panelTab);
    const snapshot = (await backfire()).panelSnapshot();
    ok(snapshot.kind === 'sample');
    equal(snapshot.shown.id, finding.id);
    equal(snapshot.shown.place, 'lessons.py:9');
    ok(snapshot.shown.result.kind === 'measured' && snapshot.shown.result.tokens);
    ok(snapshot.shown.byEmbeddedModel, 'figures of that model may stand beside it');
    const { payload, text: sample } = snapshot.shown;
    ok(sample.slice(payload.start, payload.end).startsWith(payloadStart));
  });

  it('takes what stands around the caret', async () => {
    const editor = await openSample('lessons.py');
    const inside = select(editor, payloadStart, 'def').active;
    editor.selection = new Selection(inside, inside);
    const findings = await analyzed('analyzeSelection');
    deepEqual(
      findings.map(({ origin }) => origin.kind),
      ['rule'],
    );
  });

  it('takes a selection without a frame as payload, so without a ratio', async () => {
    const editor = await openSample('lessons.py');
    editor.selection = select(editor, 'def greet(name):', '!"');
    const [finding] = await analyzed('analyzeSelection');
    ok(finding?.result.kind === 'measured');
    equal(finding.origin.kind, 'selection');
    equal(finding.frame, undefined);
    equal(finding.result.measures.teachRatio, undefined);
    ok(finding.result.measures.spanNll);
  });

  it('says that there is nothing where nothing is', async () => {
    await openSample('plain.txt');
    const outcome = await run('analyzeFile');
    ok(outcome.kind === 'nothing', JSON.stringify(outcome));
    ok(outcome.reason.includes('No frame'), outcome.reason);
  });

  it('lists the problems of a file: on the payload, with the code of the rule, joined to the frame', async () => {
    const { document } = await openSample('lessons.py');
    const findings = await analyzed('analyzeFile');
    equal(findings.length, 3);
    const listed = findings.filter(({ result }) => result.kind === 'measured' && result.level !== 'none');
    ok(listed.length > 0);
    const diagnostics = await eventually('the problems are listed', () => {
      const some = diagnosticsOf(document);
      return some.length === listed.length && some;
    });
    for (const { payload, frame } of listed) {
      const diagnostic = diagnostics.find(({ range }) => document.offsetAt(range.start) === payload.start);
      ok(diagnostic, `a problem at ${payload.start}`);
      equal(document.offsetAt(diagnostic.range.end), payload.end);
      ok(typeof diagnostic.code === 'object');
      equal(diagnostic.code.value, 'comment-above-code');
      ok(diagnostic.code.target.path.endsWith('/docs/rules/comment-above-code.md'));
      await workspace.fs.stat(diagnostic.code.target);
      ok(diagnostic.severity <= DiagnosticSeverity.Information);
      ok(!diagnostic.message.includes('SELECT'), 'a message quotes nothing of the text');
      const [toFrame, toPayload] = diagnostic.relatedInformation ?? [];
      equal(toFrame && document.offsetAt(toFrame.location.range.start), frame?.start);
      deepEqual(toPayload?.location.range, diagnostic.range);
    }
  });

  it('lets a new analysis of a document take the place of the one under way', async () => {
    await openSample('lessons.py');
    const [first, second] = await Promise.all([run('analyzeFile'), run('analyzeFile')]);
    equal(first.kind, 'cancelled');
    equal(second.kind, 'analyzed');
  });

  it('clears the results', async () => {
    const { document } = await openSample('lessons.py');
    await analyzed('analyzeFile');
    await eventually('problems are listed', () => diagnosticsOf(document).length > 0);
    deepEqual(await run('clearResults'), { kind: 'done' });
    await eventually('no problem is left', () => diagnosticsOf(document).length === 0);
    equal((await backfire()).panelSnapshot().kind, 'empty');
  });
});

function panelTab() {
  const isPanel = ({ input }: Tab) =>
    input instanceof TabInputWebview && input.viewType.endsWith('backfire.panel');
  return window.tabGroups.all.flatMap(({ tabs }) => tabs).find(isPanel);
}
