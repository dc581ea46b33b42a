import { measureSamples } from '../src/analysis/measure/measures.js';
import { tokenCost, versionSet } from '../src/analysis/measure/versionSet.js';
import type { LanguageModel } from '../src/model/languageModel.js';
import { layOut } from '../src/model/layout.js';
import { tokenRange } from '../src/model/tokenizer.js';
import type { Figure } from './figure.js';
import { interleave, perRound, spread } from './rounds.js';
import { interactiveSample } from './texts.js';

const section = 'One sample, all measures';

/** The measures of one sample against one full forward pass of its text: every block, and log p of every token. */
export async function interactiveCost(model: LanguageModel, rounds: number): Promise<Figure[]> {
  const sample = interactiveSample();
  const encode = (text: string) => model.tokenizer.encode(text);
  const encoding = encode(sample.text);
  const { ids } = encoding;
  const set = versionSet(sample, encode)!;
  const run = layOut([{ ids }]);
  const rows = Array.from({ length: ids.length - 1 }, (_, i) => i);
  const targets = [...ids.slice(1)];
  const states = await model.states(run);
  const { blocks, head, measures } = await interleave(
    {
      blocks: { run: () => model.states(run) },
      head: { run: () => model.predict(states, rows, targets) },
      measures: { run: () => measureSamples(model, [sample]) },
    },
    rounds,
  );
  // The other half of the head's work is the gradient, by a product of the same size.
  const pass = blocks.map((ms, i) => ms + head[i]! / 2);
  const payload = tokenRange(encoding, sample.payload!);
  const shape = `${ids.length} tokens (payload ${payload.end - payload.start}), ${tokenCost(set)} distinct in all versions`;
  return [
    { section, what: `forward pass of ${ids.length} tokens`, value: spread(pass), unit: 'ms' },
    { section, what: `all measures: ${shape}`, value: spread(measures), unit: 'ms' },
    {
      section,
      what: 'measures in forward passes',
      value: perRound(rounds, (i) => measures[i]! / pass[i]!),
      unit: '×',
      target: { atMost: 2.5 },
    },
  ];
}
