import type { LanguageModel } from '../src/model/languageModel.js';
import type { Figure } from './figure.js';
import { productContender, productFlops, productShapes } from './matrixProducts.js';
import { blockWeights, ownContender, type Reading, readingFlops } from './reading.js';
import { type Contender, interleave, perRound, spread } from './rounds.js';

const section = 'Through all layers, against the rate of fp32 matrix products';

/** Tokens a second, and their arithmetic as a share of what onnxruntime's own matrix products reach in the same round. */
export async function throughput(
  model: LanguageModel,
  readings: readonly Reading[],
  rounds: number,
): Promise<Figure[]> {
  const weights = await blockWeights(model.pack.folder);
  const contenders: Record<string, Contender> = {};
  for (const reading of readings) contenders[reading.name] = ownContender(model, reading);
  for (const shape of productShapes) contenders[shape.name] = await productContender(shape);
  const times = await interleave(contenders, rounds);
  const rate = (flops: number, name: string, round: number) => flops / times[name]![round]! / 1e6;
  const products = (round: number) =>
    productShapes.map((shape) => rate(productFlops(shape), shape.name, round));
  return [
    ...productShapes.map((shape, i): Figure => ({
      section,
      what: `products ${shape.name}`,
      value: perRound(rounds, (round) => products(round)[i]!),
      unit: 'GFLOP/s',
    })),
    ...readings.flatMap((reading): Figure[] => {
      const flops = readingFlops(reading, model.pack.manifest, weights);
      const share = (of: (rates: number[]) => number) =>
        perRound(rounds, (round) => rate(flops, reading.name, round) / of(products(round)));
      return [
        {
          section,
          what: reading.name,
          value: spread(times[reading.name]!.map((ms) => (reading.tokens / ms) * 1000)),
          unit: 'tokens/s',
        },
        {
          section,
          what: `${reading.name}: share of the rate at the model's shapes`,
          value: share((rates) => rates[0]!),
          unit: '',
          target: { atLeast: 0.9 },
        },
        {
          section,
          what: `${reading.name}: share of the rate at its best`,
          value: share((rates) => Math.max(...rates)),
          unit: '',
        },
      ];
    }),
  ];
}
