import { equal, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { extensions, type LanguageModelTextPart, lm } from 'vscode';
import { analyzed, backfire, extensionId, openSample, select } from '../suite/backfire.js';

/** VS Code calls this in its extension host, with Backfire installed from its package. */
export async function run(): Promise<void> {
  const result = process.env['BACKFIRE_TEST_RESULT'];
  ok(result, 'BACKFIRE_TEST_RESULT names a file');
  try {
    writeFileSync(result, JSON.stringify({ ok: true, said: await analyzeFromPackage() }));
  } catch (error) {
    writeFileSync(result, JSON.stringify({ ok: false, said: String(error) }));
  }
}

async function analyzeFromPackage(): Promise<string> {
  const extension = extensions.getExtension(extensionId);
  ok(extension, `${extensionId} is installed`);
  // Elsewhere, so that it finds no package but its own.
  ok(!extension.extensionPath.startsWith(process.env['BACKFIRE_REPOSITORY'] ?? '/'), extension.extensionPath);

  const editor = await openSample('lessons.py');
  editor.selection = select(editor, '# BAD: never build the query', `"'").fetchall()`);
  const [finding, ...others] = await analyzed('analyzeSelection');
  equal(others.length, 0);
  ok(finding?.result.kind === 'measured', JSON.stringify(finding?.result));
  equal((await (await backfire()).engineInfo()).runtime, process.env['BACKFIRE_TEST_RUNTIME']);
  const { level, measures } = finding.result;
  ok(measures.teachRatio);

  const input = { paths: ['lessons.py'], minLevel: 'none' };
  const { content } = await lm.invokeTool('backfire_scan', { input, toolInvocationToken: undefined });
  const { findings } = JSON.parse((content[0] as LanguageModelTextPart).value) as { findings: unknown[] };
  equal(findings.length, 3);
  return `${extension.extensionPath}: level ${level}, teach ratio ${measures.teachRatio.value.toFixed(2)}`;
}
