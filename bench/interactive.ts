import { measureSamples } from '../src/analysis/measure/measures.js';
import { tokenCost, versionSet } from '../src/analysis/measure/versionRun.js';
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
  const predictions = {
    rows: Array.from({ length: ids.length - 1 }, (_, i) => i),
    targets: [...ids.slice(1)],
  };
  const nothing = { rows: [], targets: [] };
  const { pass, measures } = await interleave(
    {
      pass: {
        run: async () => {
          const states = await model.hiddenStates(run);
          return model.kernel({ states, ...predictions }, { states, ...nothing });
        },
      },
      measures: { run: () => measureSamples(model, [sample]) },
    },
    rounds,
  );
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
