import { equal, notEqual, ok } from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationTarget, window, workspace } from 'vscode';
import { analyzed, backfire, closeEverything, openSample, openText, run, select } from './backfire.js';
import { killRounds } from './killRounds.js';

const pack = join(process.env['BACKFIRE_ROOT']!, 'models', 'smollm2-135m-instruct');

/** BACKFIRE_TEST_KILLS=100 for a longer run. */
const kills = Number(process.env['BACKFIRE_TEST_KILLS'] ?? 9);

describe('an engine in trouble', () => {
  afterEach(closeEverything);

  it('is killed during an analysis: that one ends in a way that is told, the next one works', async () => {
    const { engineInfo } = await backfire();
    const before = await engineInfo();
    await openText(longLesson(12), 'python');
    let isOver = false;
    const running = run('analyzeFile').finally(() => (isOver = true));
    await sleep(300);
    equal(isOver, false, 'the analysis is under way when the engine dies');
    process.kill(before.processId, 'SIGKILL');
    const outcome = await running;
    if (outcome.kind === 'failed') ok(outcome.reason.length > 10);
    else equal(outcome.kind, 'analyzed');

    const editor = await openSample('lessons.py');
    editor.selection = select(editor, '# WRONG: a fast hash', 'hexdigest()');
    const [finding] = await analyzed('analyzeSelection');
    equal(finding?.result.kind, 'measured');
    notEqual((await engineInfo()).processId, before.processId);
  });

  it('is killed over and over, at its start, during an analysis and during a scan: the next request works', async function () {
    this.timeout(3_600_000);
    let rounds = 0;
    for await (const { kind, outcome, next } of killRounds(kills)) {
      if (outcome.kind === 'failed') ok(outcome.reason.length > 10, `round ${rounds}, ${kind}`);
      ok(next.kind === 'analyzed' && next.findings.length === 3, `after round ${rounds}, ${kind}`);
      rounds++;
    }
    equal(rounds, kills);
  });

  it('is restarted by command', async () => {
    const { engineInfo } = await backfire();
    const before = await engineInfo();
    equal((await run('restartEngine')).kind, 'done');
    notEqual((await engineInfo()).processId, before.processId);
  });

  it('has no model pack: says which file is missing and offers ways out, and works again with a pack', async () => {
    const missing = join(tmpdir(), 'no-such-pack');
    const { reason, shown } = await failureWith(missing);
    ok(reason.includes(missing), reason);
    ok(
      shown.some(([message, ...buttons]) => message?.includes(reason) && buttons.includes('Restart Engine')),
    );
    await openSample('lessons.py');
    equal((await analyzed('analyzeFile')).length, 3);
  });

  it('has an altered model pack: says which file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pack-'));
    try {
      for (const name of readdirSync(pack)) {
        if (name === 'tokenizer.json') cpSync(join(pack, name), join(folder, name));
        else symlinkSync(join(pack, name), join(folder, name));
      }
      truncateSync(join(folder, 'tokenizer.json'), 1000);
      const { reason } = await failureWith(folder);
      ok(reason.includes('tokenizer.json'), reason);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Analyzes with another pack, and notes the messages that a person would see. */
async function failureWith(modelPack: string): Promise<{ reason: string; shown: string[][] }> {
  const shown: string[][] = [];
  const original = window.showErrorMessage;
  // The real one would wait for somebody to press a button.
  const note = (...words: string[]) => {
    shown.push(words);
    return Promise.resolve(undefined);
  };
  window.showErrorMessage = note as unknown as typeof original;
  const setPack = (value: string | undefined) =>
    workspace.getConfiguration('backfire').update('modelPack', value, ConfigurationTarget.Global);
  await setPack(modelPack);
  try {
    // Of what was measured before, the cache would answer.
    await openText(longLesson(13), 'python');
    const outcome = await run('analyzeFile');
    ok(outcome.kind === 'failed', outcome.kind);
    return { reason: outcome.reason, shown };
  } finally {
    window.showErrorMessage = original;
    await setPack(undefined);
  }
}

function longLesson(count: number): string {
  const one = (_: unknown, i: number) =>
    `def load_${i}(data):\n    # BAD: unpickling runs whatever the sender ${i} put into it, never do it\n    return pickle.loads(data)[${i}]\n\n\n`;
  return `import pickle\n\n\n${Array.from({ length: count }, one).join('')}`;
}
