import { openLineProcess } from './lineProcess.js';
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
  const pipeline = openLineProcess('datatrove', python, [script, folder]);
  const ask = async (): Promise<Answer> => JSON.parse(await pipeline.ask('run')) as Answer;
  pipeline.tell(`${words.join('\n')}\n\n`);
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
    close: () => pipeline.close(),
  };
}
