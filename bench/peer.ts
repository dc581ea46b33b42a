import type { LanguageModel } from '../src/model/languageModel.js';
import type { Figure } from './figure.js';
import { ownContender, type Reading } from './reading.js';
import { type Contender, interleave, perRound, spread } from './rounds.js';

/** Another program that reads texts with the same model. */
export interface Peer {
  /** What it is, as the table's section says it. */
  readonly section: string;
  readonly atLeast: number;
  contender(reading: Reading): Contender;
  close(): Promise<void>;
}

/** Tokens a second of both, text by text, and ours as a multiple of the peer's. */
export async function compare(
  model: LanguageModel,
  peer: Peer,
  readings: readonly Reading[],
  rounds: number,
): Promise<Figure[]> {
  const { section, atLeast } = peer;
  const figures: Figure[] = [];
  for (const reading of readings) {
    const contenders = { ours: ownContender(model, reading), theirs: peer.contender(reading) };
    const { ours, theirs } = await interleave(contenders, rounds);
    const speed = (times: readonly number[]) => spread(times.map((ms) => (reading.tokens / ms) * 1000));
    figures.push(
      { section, what: `${reading.name}: ours`, value: speed(ours), unit: 'tokens/s' },
      { section, what: `${reading.name}: theirs`, value: speed(theirs), unit: 'tokens/s' },
      {
        section,
        what: `${reading.name}: ours to theirs`,
        value: perRound(rounds, (i) => theirs[i]! / ours[i]!),
        unit: '×',
        target: { atLeast },
      },
    );
  }
  return figures;
}
