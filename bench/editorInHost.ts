/** Runs in the extension host of a real VS Code: `npm run bench -- --editor` bundles it and reads what it writes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extensions, Selection, window, workspace } from 'vscode';
import type { BackfireExtension } from '../src/extension.js';
import { extensionId, run as runCommand } from '../test/vscode/suite/backfire.js';
import { hostTime, watchSlices } from '../test/vscode/suite/hostSlices.js';
import { killRounds } from '../test/vscode/suite/killRounds.js';
import type { Line } from './figure.js';
import { spread } from './rounds.js';
import { interactiveSample } from './texts.js';

interface Task {
  readonly result: string;
  readonly rounds: number;
  readonly kills: number;
}

/** What VS Code calls. One window activates once, so that the first figure is of one activation. */
export async function run(): Promise<void> {
  const task = JSON.parse(process.env['BACKFIRE_BENCH'] ?? '') as Task;
  try {
    const { api, lines } = await activation();
    lines.push(...(await panelDelay(api, task.rounds)));
    if (task.kills > 0) lines.push(...(await scanBlocks()), ...(await killed(task.kills)));
    writeFileSync(task.result, JSON.stringify({ lines }));
  } catch (error) {
    writeFileSync(task.result, JSON.stringify({ error: String(error) }));
  }
}

/** Loading and running the extension until it stands by. */
async function activation(): Promise<{ api: BackfireExtension; lines: Line[] }> {
  const extension = extensions.getExtension<BackfireExtension>(extensionId)!;
  await settled();
  const [started, asked] = [hostTime(), performance.now()];
  const api = await extension.activate();
  const [used, took] = [hostTime() - started, performance.now() - asked];
  const line = (what: string, ms: number): Line => ({
    section: 'Activation',
    what,
    value: spread([ms]),
    unit: 'ms',
    target: { atMost: 50 },
  });
  return {
    api,
    lines: [
      line('activation, processor time of the extension host', used),
      line('activation, by the clock', took),
    ],
  };
}

/** A window that opens starts its own extensions in the same thread: what they need would be counted as ours. */
async function settled(): Promise<void> {
  for (let second = 0; second < 60; second++) {
    const before = hostTime();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (hostTime() - before < 20) return;
  }
  throw new Error('the extension host did not come to rest within a minute: measure on a quiet machine');
}

/** From the command until the panel has drawn the sample, and what of it the engine needed to measure. */
async function panelDelay(api: BackfireExtension, rounds: number): Promise<Line[]> {
  const { text } = interactiveSample();
  const document = await workspace.openTextDocument({ content: text, language: 'markdown' });
  const editor = await window.showTextDocument(document);
  await runCommand('restartEngine');
  const ratios: number[] = [];
  const delays: number[] = [];
  for (let round = -2; round < rounds; round++) {
    await runCommand('clearResults');
    await window.showTextDocument(document);
    editor.selection = new Selection(document.positionAt(0), document.positionAt(text.length));
    const shown = new Promise<void>((settle) => {
      const listening = api.onDidDrawPanel(() => {
        listening.dispose();
        settle();
      });
    });
    const asked = performance.now();
    const outcome = await runCommand('analyzeSelection');
    await shown;
    const delay = performance.now() - asked;
    if (outcome.kind !== 'analyzed') throw new Error(`not analyzed: ${JSON.stringify(outcome)}`);
    // The first opens the panel, the second finds it warm.
    if (round < 0) continue;
    delays.push(delay);
    ratios.push(delay / outcome.engineMs);
  }
  const section = 'Analyze Selection, 150 tokens';
  return [
    { section, what: 'from the command to the drawn panel', value: spread(delays), unit: 'ms' },
    {
      section,
      what: 'that as a multiple of what the engine needs',
      value: spread(ratios),
      unit: '×',
      target: { atMost: 1.3 },
    },
  ];
}

/** 2,000 files that hold nothing, and one that does. */
async function scanBlocks(): Promise<Line[]> {
  const folder = join(workspace.workspaceFolders![0]!.uri.fsPath, 'generated');
  const filler = Array.from({ length: 40 }, (_, i) => `value_${i} = compute(${i})  # nothing bad about it`);
  for (let i = 0; i < 2000; i++) {
    mkdirSync(join(folder, `part-${i % 20}`), { recursive: true });
    writeFileSync(join(folder, `part-${i % 20}`, `file-${i}.py`), `# file ${i}\n${filler.join('\n')}\n`);
  }
  const slices = watchSlices();
  const outcome = await runCommand('analyzeWorkspace');
  const { longest, total } = slices.end();
  rmSync(folder, { recursive: true });
  if (outcome.kind !== 'scanned') throw new Error(`not scanned: ${JSON.stringify(outcome)}`);
  const section = `Scan of ${outcome.files} files`;
  return [
    { section, what: 'extension host, all of it', value: spread([total]), unit: 'ms of processor time' },
    {
      section,
      what: 'extension host, longest piece without a turn of its loop',
      value: spread([longest]),
      unit: 'ms of processor time',
      target: { atMost: 50 },
    },
  ];
}

async function killed(kills: number): Promise<Line[]> {
  const counts = { done: 0, reason: 0, silent: 0, nextFailed: 0 };
  for await (const { outcome, next } of killRounds(kills)) {
    if (outcome.kind !== 'failed') counts.done++;
    else if (outcome.reason.length > 10) counts.reason++;
    else counts.silent++;
    if (next.kind !== 'analyzed') counts.nextFailed++;
  }
  const section = `Engine killed ${kills} times in a row, at its start, in an analysis and in a scan`;
  const line = (what: string, count: number): Line => ({ section, what, value: spread([count]), unit: '' });
  return [
    line('requests answered all the same, by another process', counts.done),
    line('requests that failed with a reason', counts.reason),
    { ...line('requests that failed without one', counts.silent), target: { atMost: 0 } },
    { ...line('requests after it that failed', counts.nextFailed), target: { atMost: 0 } },
  ];
}
