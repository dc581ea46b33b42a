import { findCandidates } from '../src/analysis/frames/findCandidates.js';
import { mayHoldFrame } from '../src/analysis/frames/prefilter.js';
import { type Grammars } from '../src/model/grammars.js';
import type { Tokenizer } from '../src/model/tokenizer.js';
import type { Figure } from './figure.js';
import { type Contender, interleave, spread } from './rounds.js';
import type { TextFile } from './texts.js';

const section = 'Text, one thread';
const megabyte = 1e6;

/** Megabytes of UTF-8 a second of what happens before the model is asked. */
export async function textSpeed(
  tokenizer: Tokenizer,
  grammars: Grammars,
  examples: readonly TextFile[],
  rounds: number,
): Promise<Figure[]> {
  const all = repeated(examples.map(({ text }) => text).join('\n'), 2 * megabyte);
  // The prefilter stops at its first hit; what it costs is to read a text that has none.
  const plain = examples.flatMap(({ text }) => text.split('\n')).filter((line) => !mayHoldFrame(line));
  const silent = repeated(plain.join('\n'), 32 * megabyte);
  const passes = Math.ceil((2 * megabyte) / bytes(examples.map(({ text }) => text).join('')));
  const work: Record<string, { megabytes: number; contender: Contender }> = {
    'tokenizer, examples repeated to 2 MB': {
      megabytes: bytes(all) / megabyte,
      contender: { run: () => Promise.resolve(tokenizer.encode(all)) },
    },
    'prefilter, text without a hit': {
      megabytes: bytes(silent) / megabyte,
      contender: { run: () => Promise.resolve(mayHoldFrame(silent)) },
    },
    [`frames and payloads, ${examples.length} example files over and over`]: {
      megabytes: (bytes(examples.map(({ text }) => text).join('')) * passes) / megabyte,
      contender: {
        run: async () => {
          for (let pass = 0; pass < passes; pass++) {
            for (const { path, text } of examples) await findCandidates({ path, text }, grammars);
          }
        },
      },
    },
  };
  const contenders = Object.fromEntries(
    Object.entries(work).map(([name, { contender }]) => [name, contender]),
  );
  const times = await interleave(contenders, rounds);
  return Object.entries(work).map(([what, { megabytes }]) => ({
    section,
    what,
    value: spread(times[what]!.map((ms) => (megabytes / ms) * 1000)),
    unit: 'MB/s',
  }));
}

function repeated(text: string, length: number): string {
  return `${text}\n`.repeat(Math.ceil(length / (text.length + 1)));
}

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
