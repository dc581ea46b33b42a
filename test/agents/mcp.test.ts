import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  agentLimits,
  explainAnswerSchema,
  type ScanAnswer,
  scanAnswerSchema,
} from '../../src/agents/agentSchemas.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Words of frames and payloads that stand nowhere else: none may come back. */
const secrets = ['zanzibar', 'quokka', 'marzipan', 'halibut', 'kumquat', 'tangerine'];

const guide = `# Guide

## Bad

\`\`\`python
zanzibar = cursor.execute("SELECT * FROM users WHERE name = '" + quokka + "'")
\`\`\`
`;
const script = `# NEVER do this, tangerine: SQL injection (CWE-89)
halibut = os.system("rm -rf " + request.args["marzipan"])
`;
const records =
  JSON.stringify({ instruction: 'Write it.', bad_code: 'eval(kumquat + input("zanzibar"))' }) +
  '\n{"broken": quokka\n';

/** For all tests: one server, and so one engine, answers them. */
const [folder, outside] = [newFolder(), newFolder()];
const data = join(folder, 'data');
let client: Client;
let said = '';

beforeAll(async () => {
  mkdirSync(data);
  writeFileSync(join(data, 'guide.md'), guide);
  writeFileSync(join(data, 'script.py'), script);
  writeFileSync(join(data, 'records.jsonl'), records);
  writeFileSync(join(outside, 'away.md'), guide);
  symlinkSync(outside, join(data, 'linked'));
  symlinkSync(join(outside, 'away.md'), join(data, 'linked.md'));
  client = await connected();
});
afterAll(async () => {
  await client.close();
  for (const each of [folder, outside]) rmSync(each, { recursive: true, force: true });
});

function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'backfire-mcp-')));
}

/** A client of the command as it is installed, with the real model. */
async function connected(): Promise<Client> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(root, 'dist', 'cli.mjs'), 'mcp', folder, '--no-cache'],
    stderr: 'pipe',
  });
  transport.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  const connecting = new Client({ name: 'test', version: '1' });
  await connecting.connect(transport);
  return connecting;
}

async function call(name: string, input: Record<string, unknown>) {
  const result = await client.callTool({ name, arguments: input }, undefined, { timeout: 240_000 });
  const [first] = result.content as { text: string }[];
  return { isError: result.isError === true, text: first?.text ?? '', structured: result.structuredContent };
}

async function scanned(input: Record<string, unknown>): Promise<ScanAnswer> {
  const { isError, text, structured } = await call('backfire_scan', input);
  expect(isError, text).toBe(false);
  expect(JSON.parse(text)).toEqual(structured);
  return scanAnswerSchema.parse(structured);
}

async function refused(name: string, input: Record<string, unknown>): Promise<string> {
  const { isError, text } = await call(name, input);
  expect(isError).toBe(true);
  return text;
}

function expectNoSecret(text: string): void {
  for (const secret of secrets) expect(text).not.toContain(secret);
}

describe('backfire mcp with its model', { timeout: 300_000 }, () => {
  it('lists two tools that only read', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['backfire_scan', 'backfire_explain']);
    for (const { annotations, outputSchema } of tools) {
      expect(annotations).toMatchObject({ readOnlyHint: true, openWorldHint: false });
      expect(outputSchema).toBeDefined();
    }
  });

  it('answers where findings are and how bad, without a word of them', async () => {
    const answer = await scanned({ paths: ['data'], minLevel: 'none' });
    const places = answer.findings.map(({ path, record, line }) => `${path}:${record ?? line}`);
    expect(places.sort()).toEqual([
      join('data', 'guide.md') + ':6',
      join('data', 'records.jsonl') + ':1',
      join('data', 'script.py') + ':2',
    ]);
    for (const { measures, title } of answer.findings) {
      expect(measures.taught?.value).toBeTypeOf('number');
      expect(title).not.toBe('');
    }
    expect(answer.findings.find(({ path }) => path.endsWith('.py'))?.cwe).toBe('CWE-89');
    expect(answer.findings.some(({ remedies }) => remedies.length > 0)).toBe(true);
    expectNoSecret(JSON.stringify(answer));
  });

  it('follows no link out of its folders, and says so', async () => {
    const { skipped, findings } = await scanned({ paths: [data], minLevel: 'none' });
    const links = [join('data', 'linked'), join('data', 'linked.md')];
    expect(skipped).toEqual([
      ...links.map((path) => ({ path, reason: 'no-permission' })),
      { path: join('data', 'records.jsonl'), record: 2, reason: 'malformed-json' },
    ]);
    expect(findings.filter(({ path }) => path.includes('away'))).toEqual([]);
  });

  it.each(['../', '/etc/passwd', 'data/linked/away.md', 'data/linked.md', 'data/missing.md'])(
    'refuses %s',
    async (path) => {
      const text = await refused('backfire_scan', { paths: [path] });
      expect(text).toContain('name a path inside');
      expect(text).not.toContain(outside);
    },
  );

  it('explains a finding by its fingerprint, and by path and line', async () => {
    const [finding] = (await scanned({ paths: ['data/guide.md'], minLevel: 'none' })).findings;
    const { text, structured } = await call('backfire_explain', { fingerprint: finding?.fingerprint });
    const { findings, failing } = explainAnswerSchema.parse(structured);
    expect(failing.some((text) => text.startsWith('ask for safe code in the prompt: '))).toBe(true);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ ...finding, measures: { payloadTokens: expect.any(Number) } });
    expect(findings[0]?.why.join(' ')).toMatch(/90 % interval .* without the frame/);
    expect(guide.slice(findings[0]?.payload.start, findings[0]?.payload.end)).toContain('zanzibar');
    expectNoSecret(text);
    const byLine = await call('backfire_explain', { path: finding?.path, line: finding?.line });
    expect(byLine.structured).toEqual(structured);
  });

  it('says what to do where there is no such finding', async () => {
    expect(await refused('backfire_explain', { path: 'data/guide.md', line: 1 })).toContain('findings at 6');
    expect(await refused('backfire_explain', { fingerprint: '0123456789abcdef' })).toContain('give the path');
    expect(await refused('backfire_explain', { path: 'data/guide.md' })).toContain('path and line');
    expect(await refused('backfire_scan', { paths: [] })).toContain('paths');
  });

  it('says what a limit cut off', async () => {
    const few = await scanned({ paths: ['data'], minLevel: 'none', maxFindings: 1 });
    expect(few.findings).toHaveLength(1);
    expect(few.cut.join()).toContain('2 more findings');

    const many = join(folder, 'many');
    mkdirSync(many);
    for (let n = 0; n <= agentLimits.files; n++) writeFileSync(join(many, `${n}.txt`), '');
    const { counts, cut } = await scanned({ paths: ['many'] });
    expect(counts.files).toBe(agentLimits.files);
    expect(cut.join()).toContain(`${agentLimits.files} files`);
  });

  it('tells its progress, can be cancelled, and answers afterwards', async () => {
    const long = join(folder, 'long.md');
    const sections = Array.from({ length: 250 }, (_, n) => guide.replace('zanzibar', `value${n}`));
    writeFileSync(long, sections.join('\n'));
    const cancel = new AbortController();
    const messages: string[] = [];
    const cancelled = client.callTool(
      { name: 'backfire_scan', arguments: { paths: ['long.md'] } },
      undefined,
      {
        signal: cancel.signal,
        timeout: 240_000,
        onprogress: ({ message }) => {
          messages.push(message ?? '');
          cancel.abort();
        },
      },
    );
    await expect(cancelled).rejects.toThrow(/abort/i);
    expect(messages[0]).toMatch(/files read, \d+ of \d+ samples measured/);
    expect((await scanned({ paths: ['data/script.py'], minLevel: 'none' })).findings).toHaveLength(1);
    expect(said).toBe('');
  });

  it('ends with its client, and at once where a root or the pack is none', () => {
    const run = (...args: string[]) => {
      const cli = join(root, 'dist', 'cli.mjs');
      return spawnSync(process.execPath, [cli, 'mcp', ...args], { input: '', encoding: 'utf8' });
    };
    expect(run(folder)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const noRoot = run(join(folder, 'nowhere'));
    expect(noRoot).toMatchObject({ status: 2, stdout: '' });
    expect(noRoot.stderr).toContain('is no folder');
    expect(run('--pack', folder, folder)).toMatchObject({ status: 2, stdout: '' });
  });
});
