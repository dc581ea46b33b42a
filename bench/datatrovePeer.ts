import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Contender } from './rounds.js';

/** What datatrove_peer.py says of a run. */
interface Answer {
  readonly documents: number;
  readonly found: number;
  readonly processorSeconds: number;
}

export interface DatatrovePeer {
  readonly contender: Contender;
  /** Of each run, the warming one included. */
  readonly processorSeconds: readonly number[];
  /** Documents that its filter found a word in, of those that hold text. */
  readonly found: number;
  close(): void;
}

/**
 * A pipeline of datatrove (https://github.com/huggingface/datatrove) that reads the files of a folder, one process and one
 * thread, and filters them by a regular expression of the words. The process is started here, outside the clock.
 *
 * @throws Error with what it said, when it does not start
 */
export async function openDatatrove(
  python: string,
  script: string,
  folder: string,
  words: readonly string[],
): Promise<DatatrovePeer> {
  const child = spawn(python, [script, folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = once(child, 'close').then(
    () => {
      throw new Error(`datatrove's process ended: ${said.trim().split('\n').at(-1) ?? ''}`);
    },
    (error: unknown) => {
      throw error;
    },
  );
  // Looked at with every run; at the end nobody asks any more.
  ended.catch(() => undefined);
  child.stdin.on('error', () => undefined);
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (): Promise<Answer> => {
    child.stdin.write('run\n');
    const { value } = (await Promise.race([answers.next(), ended])) as { value?: string };
    return value === undefined ? ended : (JSON.parse(value) as Answer);
  };
  child.stdin.write(`${words.join('\n')}\n\n`);
  const { found } = await ask();
  const processorSeconds: number[] = [];
  return {
    contender: {
      run: async () => {
        processorSeconds.push((await ask()).processorSeconds);
      },
    },
    processorSeconds,
    found,
    close: () => child.stdin.end(),
  };
}
