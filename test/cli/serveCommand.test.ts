import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli, startCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

interface Answer {
  readonly id: string | number | null;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: string; readonly message: string };
}

function parsed(stdout: string): Answer[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer);
}

async function serve(
  requests: readonly unknown[],
  environment: Record<string, string> = {},
  options: readonly string[] = [],
) {
  const input = requests
    .map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`)
    .join('');
  const { code, stdout } = await runCli(['serve', '--stdio', ...options], input, environment);
  return {
    code,
    answers: new Map(parsed(stdout).map((answer) => [answer.id, answer])),
    count: parsed(stdout).length,
  };
}

describe('backfire serve', () => {
  it('scores', async () => {
    const { code, answers } = await serve([
      { id: 1, method: 'score', params: { text: 'BAD: so\nhigh', frame: [0, 7], payload: [8, 12] } },
    ]);
    expect(code).toBe(0);
    expect(answers.get(1)?.result).toMatchObject({
      level: 'high',
      measures: { payloadTokens: 4 },
      pack: 'fake@1',
    });
  });

  it('scans a text', async () => {
    const params = { text: 'BAD: so\nhigh\nBAD: so\nlow\n', path: 'a.md', minLevel: 'medium' };
    const { answers } = await serve([
      { id: 'a', method: 'scan', params },
      { id: 'b', method: 'scan', params: { text: 'fine' } },
      { id: 'c', method: 'scan', params: { text: 'BAD: so\nhigh  # backfire-ignore\n' } },
    ]);
    expect(answers.get('a')?.result).toMatchObject({
      findings: [{ level: 'high', source: { path: 'a.md', line: 2 } }],
    });
    expect(answers.get('b')?.result).toEqual({ findings: [] });
    expect(answers.get('c')?.result).toEqual({ findings: [], suppressed: 1 });
  });

  it('scans a shard as the command does, with the engine that is there', async () => {
    const folder = temporaryFolder({
      'a.md': 'BAD: so\nhigh 1\n',
      'b.jsonl': '{"text":"BAD: so\\nhigh 2"}\n{"text":"BAD: so\\nlow 3"}\n',
    });
    const reports = temporaryFolder();
    const args = [folder, '--min-level', 'medium', '--shard', '1/1', '--output'];
    const output = join(reports, 'a.jsonl');
    const { answers } = await serve([
      { id: 1, method: 'scanShard', params: { args: [...args, output] } },
      { id: 2, method: 'scanShard', params: { args: [folder] } },
      { id: 3, method: 'scanShard', params: { args: [folder, '--nonsense'] } },
    ]);
    expect(answers.get(1)?.result).toEqual({ code: 0 });
    expect(answers.get(2)?.error?.message).toContain('--output');
    expect(answers.get(3)?.error?.message).toContain('--nonsense');

    const other = join(reports, 'b.jsonl');
    await runCli(['scan', ...args, other, '--format', 'jsonl']);
    const lines = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -2);
    expect(lines(output)).toEqual(lines(other));
    expect(lines(output)).toHaveLength(5);
  });

  it('tells of what a shard begins, and passes by what a process died of', async () => {
    const folder = temporaryFolder({
      'a.md': 'BAD: so\nhigh 1\n',
      'b.jsonl': '{"text":"BAD: so\\nhigh 2"}\n{"text":"BAD: so\\nlow 3"}\n',
    });
    const [text, records] = ['a.md', 'b.jsonl'].map((name) => join(folder, name));
    const output = join(temporaryFolder(), 'a.jsonl');
    const crashed = [{ path: text }, { path: records, record: 1 }];
    const params = { args: [folder, '--shard', '1/1', '--output', output], crashed };
    const { stdout } = await runCli(
      ['serve', '--stdio'],
      `${JSON.stringify({ id: 1, method: 'scanShard', params })}\n`,
    );
    expect(parsed(stdout)).toEqual([
      { id: 1, begun: { path: records, record: 2 } },
      { id: 1, result: { code: 3 } },
    ]);
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { type: 'scan' },
      { type: 'skipped', path: text, reason: 'crashed' },
      { type: 'unit', path: text },
      { type: 'skipped', path: records, record: 1, reason: 'crashed' },
      { type: 'finding', source: { record: 2 } },
      { type: 'unit', records: { read: 2, scanned: 1, skipped: 1 } },
      { type: 'summary', lost: 2 },
    ]);
  });

  it('tells of itself', async () => {
    const { answers } = await serve([{ id: 1, method: 'info' }]);
    expect(answers.get(1)?.result).toMatchObject({ pack: 'fake@1', version: '0.0.0-test' });
  });

  it('answers errors for each request alone', async () => {
    const { code, answers, count } = await serve([
      '{broken',
      { method: 'score' },
      { id: 1, method: 'frobnicate' },
      { id: 2, method: 'score', params: { text: 'abc', payload: [0, 9] } },
      { id: 3, method: 'scan', params: {} },
      { id: 4, method: 'score', params: { text: 'unscorable' } },
      { id: 5, method: 'cancel', params: {} },
      { id: 6, method: 'score', params: { text: 'high' } },
    ]);
    expect(code).toBe(0);
    expect(count).toBe(8);
    expect([1, 2, 3, 4, 5].map((id) => answers.get(id)?.error?.code)).toEqual([
      'unknown-method',
      'invalid-params',
      'invalid-params',
      'not-scored',
      'invalid-params',
    ]);
    expect(answers.get(6)?.result).toMatchObject({ level: 'high' });
  });

  it('answers everything before it ends, with more requests than the window holds', async () => {
    const requests = Array.from({ length: 300 }, (_, id) => ({
      id,
      method: 'score',
      params: { text: `high ${id}` },
    }));
    const { code, answers, count } = await serve(requests, { FAKE_DELAY: '1' }, ['--window', '10']);
    expect([code, count, answers.size]).toEqual([0, 300, 300]);
  });

  it('reads no more than the window while nothing is answered', async () => {
    const { child, ended, outputHas } = startCli(['serve', '--stdio', '--window', '2'], {
      FAKE_DELAY: '300',
    });
    const score = (id: number): string =>
      `${JSON.stringify({ id, method: 'score', params: { text: 'high' } })}\n`;
    child.stdin.end(`${score(1)}${score(2)}${JSON.stringify({ id: 3, method: 'frobnicate' })}\n`);
    await outputHas('"id":3');
    const order = parsed((await ended).stdout).map((answer) => answer.id);
    // The third request is wrong and needs no engine, yet it was read only when a place came free.
    expect(order.indexOf(3)).toBeGreaterThan(0);
  });

  it('cancels a request that runs, and leaves the others alone', async () => {
    const { child, ended, outputHas } = startCli(['serve', '--stdio'], { FAKE_DELAY: '500' });
    const line = (request: unknown): string => `${JSON.stringify(request)}\n`;
    child.stdin.write(line({ id: 1, method: 'score', params: { text: 'high' } }));
    child.stdin.write(line({ id: 2, method: 'score', params: { text: 'low' } }));
    child.stdin.write(line({ id: 3, method: 'cancel', params: { id: 1 } }));
    child.stdin.write(line({ id: 4, method: 'cancel', params: { id: 99 } }));
    await outputHas('"id":4');
    child.stdin.end();
    const { code, stdout } = await ended;
    const answers = new Map(parsed(stdout).map((answer) => [answer.id, answer]));
    expect(code).toBe(0);
    expect(answers.get(1)?.error?.code).toBe('cancelled');
    expect(answers.get(2)?.result).toMatchObject({ level: 'low' });
    expect(answers.get(3)?.result).toEqual({ cancelled: true });
    expect(answers.get(4)?.result).toEqual({ cancelled: false });
  });

  it('refuses an id that is still running', async () => {
    const request = { id: 1, method: 'score', params: { text: 'high' } };
    const input = `${JSON.stringify(request)}\n`.repeat(2);
    const { stdout } = await runCli(['serve', '--stdio'], input, { FAKE_DELAY: '100' });
    expect(parsed(stdout).map((answer) => answer.error?.code ?? 'scored')).toEqual([
      'duplicate-id',
      'scored',
    ]);
  });

  it('ends with 2 when there is no engine to be had', async () => {
    expect((await serve([{ id: 1, method: 'info' }], { FAKE_BROKEN: 'altered' })).code).toBe(2);
  });
});
