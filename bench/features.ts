import { FeaturePages } from '../src/model/featurePages.js';
import type { LanguageModel } from '../src/model/languageModel.js';
import { layOut } from '../src/model/layout.js';
import type { Figure, Line } from './figure.js';
import { interleave, perRound, spread } from './rounds.js';
import type { SaeLensPeer } from './saeLensPeer.js';
import type { TokenTexts } from './texts.js';

const section = 'Features of 2,048 tokens';
/** A batch as a scan of texts makes them. */
const texts = 8;
const length = 256;
/** Pages that are opened one after another. */
const pagesOpened = 100;

/** The autoencoder against the half of the model before it, against sae-lens on torch, and how long a page takes to open. */
export async function featureFigures(
  model: LanguageModel,
  read: TokenTexts,
  rounds: number,
  openPeer: (residual: Float32Array) => Promise<SaeLensPeer>,
): Promise<Line[]> {
  const autoencoder = await model.autoencoder();
  if (!autoencoder) return [{ section, reason: 'the pack has no autoencoder' }];
  const run = layOut(read.take(Array.from({ length: texts }, () => length)).map((ids) => ({ ids })));
  const { layer } = model.pack.manifest;
  const residual = await model.residual(run, layer);
  const peer = await openPeer(residual).catch((error: unknown) => String(error));
  const contenders = {
    half: { run: () => model.residual(run, layer) },
    encode: { run: () => autoencoder.encode(residual) },
    peer: typeof peer === 'string' ? { run: () => Promise.resolve() } : peer.contender,
  };
  const { half, encode, peer: theirs } = await interleave(contenders, rounds);
  if (typeof peer !== 'string') peer.close();
  const milliseconds = (what: string, values: readonly number[]): Figure => ({
    section,
    what,
    value: spread(values),
    unit: 'ms',
  });
  return [
    milliseconds('blocks 1 to 16', half),
    milliseconds('features', encode),
    {
      section,
      what: 'features to blocks 1 to 16',
      value: perRound(rounds, (i) => encode[i]! / half[i]!),
      unit: '×',
      target: { atMost: 0.1 },
    },
    ...(typeof peer === 'string'
      ? [{ section, reason: peer }]
      : [
          milliseconds('features by sae-lens on torch', theirs),
          {
            section,
            what: 'features: ours to those of sae-lens, speed',
            value: perRound(rounds, (i) => theirs[i]! / encode[i]!),
            unit: '×',
            target: { atLeast: 1 },
          },
        ]),
    ...(await pageFigures(model)),
  ];
}

async function pageFigures(model: LanguageModel): Promise<Figure[]> {
  const pages = await FeaturePages.open(model.pack);
  if (!pages) return [];
  const step = Math.floor(pages.count / pagesOpened);
  const times: number[] = [];
  for (let i = 0; i < pagesOpened; i++) {
    const start = performance.now();
    await pages.page(i * step);
    times.push(performance.now() - start);
  }
  return [
    { section, what: 'a feature page, opened', value: spread(times), unit: 'ms', target: { atMost: 200 } },
  ];
}
