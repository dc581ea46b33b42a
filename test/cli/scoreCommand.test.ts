import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { scoreLineSchema, type ScoreLine } from '../../src/cli/scoreLine.js';
import { buildFakeCli, runCli, startCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

function parsed(stdout: string): ScoreLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => scoreLineSchema.parse(JSON.parse(line)));
}

const sample = { text: 'BAD: so\nhigh eval(x)', frame: [0, 7], payload: [8, 20] };

describe('backfire score', () => {
  it('gives one line for each line, in order, with ids passed through', async () => {
    const input = Array.from({ length: 700 }, (_, index) =>
      JSON.stringify({ ...sample, id: index, text: `${sample.text} ${index}` }),
    );
    const { code, stdout } = await runCli(['score', '-'], input.join('\n'), { FAKE_DELAY: '1' });
    expect(code).toBe(0);
    expect(parsed(stdout).map((line) => [line.line, line.id])).toEqual(
      input.map((_, index) => [index + 1, index]),
    );
  });

  it('reads a file, and spans in both forms', async () => {
    const folder = temporaryFolder({
      'a.jsonl': `${JSON.stringify(sample)}\n${JSON.stringify({ ...sample, frame: { start: 0, end: 7 }, payload: { start: 8, end: 20 } })}\n`,
    });
    const [first, second] = parsed((await runCli(['score', join(folder, 'a.jsonl')])).stdout);
    expect(first).toMatchObject({ type: 'score', line: 1, level: 'high', measures: { payloadTokens: 12 } });
    expect(second).toEqual({ ...first, line: 2 });
  });

  it('takes the whole text for the payload where none is given', async () => {
    const { stdout } = await runCli(
      ['score', '-'],
      '{"text":"high"}\n{"text":"high","frame":null,"payload":null}\n',
    );
    expect(parsed(stdout)).toMatchObject([
      { measures: { payloadTokens: 4 } },
      { measures: { payloadTokens: 4 } },
    ]);
    expect(parsed(stdout)[0]).not.toHaveProperty('measures.teachRatio');
  });

  it('adds what each token contributes on request only', async () => {
    const input = JSON.stringify(sample);
    expect(parsed((await runCli(['score', '-'], input)).stdout)[0]).not.toHaveProperty('tokens');
    expect(parsed((await runCli(['score', '-', '--tokens'], input)).stdout)[0]).toHaveProperty('tokens');
  });

  it.each([
    ['{"text":', 'malformed-json', 'line 2'],
    ['', 'malformed-json', 'line 2'],
    ['[1]', 'invalid-sample', 'line 2'],
    ['{"frame":[0,1]}', 'invalid-sample', 'text'],
    ['{"text":""}', 'invalid-sample', 'empty'],
    ['{"text":"abc","payload":[0,4]}', 'invalid-sample', 'outside the text of 3'],
    ['{"text":"abc","payload":[2,2]}', 'invalid-sample', 'empty or reversed'],
    ['{"text":"abc","payload":[2,1]}', 'invalid-sample', 'empty or reversed'],
    ['{"text":"abc","payload":[-1,2]}', 'invalid-sample', 'payload'],
    ['{"text":"abc","payload":[0,1.5]}', 'invalid-sample', 'payload'],
    ['{"text":"abcdef","frame":[0,4],"payload":[3,6]}', 'invalid-sample', 'overlap'],
    ['{"text":"abc","frame":[0,1]}', 'invalid-sample', 'payload span'],
    ['{"text":"unscorable"}', 'not-scored', 'by request'],
  ])('answers %j with an error of its own and goes on', async (line, code, message) => {
    const { code: exit, stdout } = await runCli(['score', '-'], `{"text":"high"}\n${line}\n{"text":"low"}\n`);
    expect(exit).toBe(0);
    const lines = parsed(stdout);
    expect(lines).toMatchObject([
      { type: 'score' },
      { type: 'error', line: 2, error: { code } },
      { type: 'score', level: 'low' },
    ]);
    expect(JSON.stringify(lines[1])).toContain(message);
  });

  it('keeps the id of a line that could not be scored', async () => {
    const { stdout } = await runCli(['score', '-'], '{"id":"x","text":"abc","payload":[0,9]}');
    expect(parsed(stdout)).toMatchObject([{ type: 'error', id: 'x' }]);
  });

  it('takes lone surrogates as they come', async () => {
    const { stdout } = await runCli(['score', '-'], '{"text":"high \\ud800","payload":[0,6]}');
    expect(parsed(stdout)).toMatchObject([{ type: 'score', measures: { payloadTokens: 6 } }]);
  });

  it('refuses a line over the limit without holding it, and goes on', async () => {
    const { stdout } = await runCli(
      ['score', '-', '--max-line-size', '1k'],
      `{"text":"${'x'.repeat(5000)}"}\n{"text":"high"}\n`,
    );
    expect(parsed(stdout)).toMatchObject([{ error: { code: 'too-large' } }, { type: 'score' }]);
  });

  it('ends with 1 on a failed line when it is strict, with 0 otherwise', async () => {
    expect((await runCli(['score', '-', '--strict'], '{\n')).code).toBe(1);
    expect((await runCli(['score', '-'], '{\n')).code).toBe(0);
    expect((await runCli(['score', '-', '--strict'], '{"text":"high"}\n')).code).toBe(0);
  });

  it('answers nothing with nothing', async () => {
    expect(await runCli(['score', '-'], '')).toMatchObject({ code: 0, stdout: '' });
  });

  it('answers as lines come, before the input ends', async () => {
    const { child, ended, outputHas } = startCli(['score', '-']);
    child.stdin.write('{"text":"high"}\n');
    await outputHas('"line":1');
    child.stdin.end('{"text":"low"}\n');
    expect(parsed((await ended).stdout)).toHaveLength(2);
  });

  it('on Ctrl-C ends with whole lines in order: 130', async () => {
    const { child, ended, outputHas } = startCli(['score', '-'], { FAKE_DELAY: '20' });
    child.stdin.on('error', () => undefined);
    child.stdin.write('{"text":"high"}\n'.repeat(2000));
    await outputHas('"line":32');
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    const lines = parsed(stdout);
    expect(lines.map((line) => line.line)).toEqual(lines.map((_, index) => index + 1));
    expect(lines.length).toBeLessThan(2000);
  });

  it.each([
    [['score', '/nowhere.jsonl'], 'no such file'],
    [['score', '/'], 'folder'],
  ])('%j is wrong usage: 2', async (args, reason) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(reason);
  });
});
