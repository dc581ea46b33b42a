import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CancellationTokenSource, type LanguageModelTextPart, lm, MarkdownString, workspace } from 'vscode';
import { explainAnswerSchema, scanAnswerSchema } from '../../../src/agents/agentSchemas.js';
import type { ToolName } from '../../../src/agents/toolTexts.js';
import { backfire } from './backfire.js';

describe('tools for agents', () => {
  it('are known to VS Code, and have it ask a person first', async () => {
    await backfire();
    const names = lm.tools.map(({ name }) => name).filter((name) => name.startsWith('backfire_'));
    deepEqual(names.sort(), ['backfire_explain', 'backfire_scan']);
    const tool = (await backfire()).agentTools.get('backfire_scan');
    const input = { paths: ['![](http://127.0.0.1/x.png)'] };
    const asked = await tool?.prepareInvocation?.({ input }, new CancellationTokenSource().token);
    const message = asked?.confirmationMessages?.message;
    ok(message instanceof MarkdownString);
    ok(message.value.includes('not what stands there') && message.value.includes('127'), message.value);
    ok(!message.value.includes('![]('), 'what a model asks for is shown as text');
  });

  it('answer where findings are and what they teach, without their text', async () => {
    const scanned = await answered('backfire_scan', { paths: ['lessons.py'], minLevel: 'none' });
    const { findings } = scanAnswerSchema.parse(JSON.parse(scanned));
    equal(findings.length, 3);
    const [first] = findings;
    ok(first?.measures.taught);
    const { fingerprint } = first;
    const explained = await answered('backfire_explain', { fingerprint });
    equal(explainAnswerSchema.parse(JSON.parse(explained)).findings[0]?.line, first.line);
    for (const { payload } of explainAnswerSchema.parse(JSON.parse(explained)).findings) {
      const text = (await sampleText()).slice(payload.start, payload.end).trim();
      ok(text.length > 10);
      for (const answer of [scanned, explained]) ok(!answer.includes(JSON.stringify(text).slice(1, -1)));
    }
  });

  it('read nothing outside the workspace, and can be cancelled', async () => {
    await rejects(answered('backfire_scan', { paths: ['/etc/hosts'] }), /name a path inside/);
    const cancelled = new CancellationTokenSource();
    cancelled.cancel();
    await rejects(answered('backfire_scan', { paths: ['.'] }, cancelled), /cancel/i);
  });

  it('are offered as an MCP server that starts and lists them', async () => {
    const { mcpDefinitions } = await backfire();
    const [definition] = mcpDefinitions();
    ok(definition);
    const { command, args, env } = definition;
    match(args.at(-1) ?? '', /workspace$/);
    const client = new Client({ name: 'test', version: '1' });
    const set = Object.entries(env).map(([name, value]) => [name, String(value)] as const);
    await client.connect(new StdioClientTransport({ command, args, env: Object.fromEntries(set) }));
    const { tools } = await client.listTools();
    equal(tools.length, 2);
    await client.close();
  });
});

async function answered(
  name: ToolName,
  input: Record<string, unknown>,
  source = new CancellationTokenSource(),
): Promise<string> {
  const options = { input, toolInvocationToken: undefined };
  const { content } = await lm.invokeTool(name, options, source.token);
  return (content[0] as LanguageModelTextPart).value;
}

async function sampleText(): Promise<string> {
  const [uri] = await workspace.findFiles('lessons.py');
  ok(uri);
  return new TextDecoder().decode(await workspace.fs.readFile(uri));
}
