import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { commands, Uri, workspace } from 'vscode';
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
  const works = {
    start: () => run('restartEngine'),
    analysis: () => run('analyzeFile'),
    scan: (file: Uri) => run('analyzeResources', file),
  };
  const kinds = Object.keys(works) as (keyof typeof works)[];
  for (let round = 0; round < rounds; round++) {
    const kind = kinds[round % kinds.length]!;
    await run('clearResults');
    const file = await lessonsOfRound(round);
    const { processId } = await engineInfo();
    const running = works[kind](file);
    await sleep(10 * (round % 7));
    killIfThere(processId);
    if (kind === 'start') for (const child of engineProcesses()) killIfThere(child);
    const outcome = await running;
    yield { kind, outcome, next: await run('analyzeFile') };
    await commands.executeCommand('workbench.action.closeActiveEditor');
    await workspace.fs.delete(file);
  }
}

/** The samples under other names, opened: what an earlier round has measured must not come from the cache. */
async function lessonsOfRound(round: number): Promise<Uri> {
  const folder = workspace.workspaceFolders![0]!.uri;
  const lessons = Buffer.from(await workspace.fs.readFile(Uri.joinPath(folder, 'lessons.py'))).toString();
  const name = `lessons-${round}.py`;
  const renamed = lessons.replaceAll(/def (\w+)\(/g, `def $1_${round}(`);
  await workspace.fs.writeFile(Uri.joinPath(folder, name), Buffer.from(renamed));
  return (await openSample(name)).document.uri;
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
