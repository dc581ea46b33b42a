import { equal, ok } from 'node:assert/strict';
import { type CodeAction, commands, type Range, type TextDocument, workspace, WorkspaceEdit } from 'vscode';
import {
  analyzed,
  closeEverything,
  diagnosticsOf,
  eventually,
  openSample,
  openText,
  run,
} from './backfire.js';

describe('suppressing', () => {
  afterEach(closeEverything);

  it('is offered on our problems, and takes the problem away for good', async () => {
    const { document } = await openSample('lessons.py');
    const found = (await analyzed('analyzeFile')).length;
    const [problem, ...others] = await problemsOf(document);
    ok(problem);
    const action = await suppressionFor(document, problem.range);
    ok(action.edit && (await workspace.applyEdit(action.edit)));
    ok(document.getText().includes('# backfire-ignore-next[comment-above-code]\n'));
    await eventually('the problem is gone', () => diagnosticsOf(document).length === others.length);
    equal((await analyzed('analyzeFile')).length, found - 1);
  });

  it('writes the comment that the language has', async () => {
    const { document } = await openText('**Bad:**\n\n```js\nexec("open " + name);\n```\n', 'markdown');
    await analyzed('analyzeFile');
    const [problem] = await problemsOf(document);
    ok(problem);
    const { edit } = await suppressionFor(document, problem.range);
    ok(edit && (await workspace.applyEdit(edit)));
    ok(document.getText().startsWith('<!-- backfire-ignore-next[label-before-code] -->\n**Bad:**'));
    const outcome = await run('analyzeFile');
    ok(outcome.kind === 'nothing' && outcome.reason.includes('backfire-ignore'));
  });

  it('takes effect as a person types it', async () => {
    const { document } = await openSample('lessons.py');
    await analyzed('analyzeFile');
    await problemsOf(document);
    const whole = new WorkspaceEdit();
    whole.insert(document.uri, document.positionAt(0), '# backfire-ignore-begin\n');
    whole.insert(
      document.uri,
      document.lineAt(document.lineCount - 1).range.end,
      '\n# backfire-ignore-end\n',
    );
    ok(await workspace.applyEdit(whole));
    await eventually('no problem is left', () => diagnosticsOf(document).length === 0);
  });

  it('tells what is wrong with a comment', async () => {
    const { document } = await openText('import os\n\n# backfire-ignore[nonsense]\n', 'python');
    await run('analyzeFile');
    const [problem] = await problemsOf(document);
    equal(problem?.code, 'suppression');
    equal(problem.range.start.line, 2);
    ok(problem.message.includes('nonsense'));
  });
});

async function problemsOf(document: TextDocument) {
  return eventually('problems are listed', () => {
    const some = diagnosticsOf(document);
    return some.length > 0 && some;
  });
}

async function suppressionFor(document: TextDocument, range: Range): Promise<CodeAction> {
  const actions = await commands.executeCommand<CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
  );
  const action = actions.find(({ title }) => title === 'Backfire: Suppress here');
  ok(action, 'a suppression is offered');
  return action;
}
