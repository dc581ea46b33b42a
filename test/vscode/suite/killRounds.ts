import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Uri, workspace } from 'vscode';
import type { CommandOutcome } from '../../../src/editor/commandOutcome.js';
import { backfire, openSample, run } from './backfire.js';

/** How the work that the engine was killed in ended, and the request after it. */
export interface KillRound {
  readonly kind: 'start' | 'analysis' | 'scan';
  readonly outcome: CommandOutcome;
  readonly next: CommandOutcome;
}

/** Kills the engine with SIGKILL over and over, at its start, during an analysis and during a scan, and asks again each time. */
export async function* killRounds(rounds: number): AsyncGenerator<KillRound> {
  const { engineInfo } = await backfire();
  const file = Uri.joinPath(workspace.workspaceFolders![0]!.uri, 'lessons.py');
  const works = {
    start: () => run('restartEngine'),
    analysis: () => run('analyzeFile'),
    scan: () => run('analyzeResources', file),
  };
  await openSample('lessons.py');
  const kinds = Object.keys(works) as (keyof typeof works)[];
  for (let round = 0; round < rounds; round++) {
    const kind = kinds[round % kinds.length]!;
    await run('clearResults');
    const { processId } = await engineInfo();
    const running = works[kind]();
    await sleep(10 * (round % 7));
    killIfThere(processId);
    if (kind === 'start') for (const child of engineProcesses()) killIfThere(child);
    const outcome = await running;
    yield { kind, outcome, next: await run('analyzeFile') };
  }
}

/** The engines of this extension host, from the system: one that just starts has not answered yet. */
function engineProcesses(): number[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const parent = / \(.*\) \w (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1];
        const isOurs = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('engine.mjs');
        return isOurs && Number(parent) === process.pid ? [Number(name)] : [];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}

function killIfThere(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
