import type { Finding } from '../analysis/finding.js';
import { type FeatureIndex, type FeaturePage, type FeaturePages, openPages } from '../model/featurePages.js';
import { type ModelPack, PackError } from '../model/pack.js';
import type { ReportWriter, WriteText } from './reportWriter.js';

/** Features of one layer, as many as CAFT's authors look at (arXiv 2507.16795). */
const mostFeatures = 100;
/** Share of flagged payloads that must have a feature in common with their bare versions: below it, it is an accident of few. */
const leastShare = 0.01;

/** What flagged payloads have in common with their bare versions; the same payload again counts once. */
interface SharedByPayloads {
  payloads: number;
  /** Σ of the smaller of both mean activations. */
  shared: number;
}

/**
 * The layer and the features whose directions a trainer ablates (CAFT): `{"15": [ids]}`, the layer counted from 0 as the model's list
 * of decoder layers does, whose output the directions belong to. docs/features.md states the rule of choice.
 */
export function ablationSpec(write: WriteText, openPack: () => Promise<ModelPack>): ReportWriter {
  const payloads = new Set<string>();
  const byFeature = new Map<number, SharedByPayloads>();
  const packs = new Set<string>();
  const add = (finding: Finding) => {
    if (finding.level === 'none' || finding.suppressed || payloads.has(finding.payloadKeys.exact)) return;
    packs.add(finding.pack);
    payloads.add(finding.payloadKeys.exact);
    for (const { latent, sample, bare } of finding.features ?? []) {
      const known = byFeature.get(latent) ?? { payloads: 0, shared: 0 };
      byFeature.set(latent, {
        payloads: known.payloads + 1,
        shared: known.shared + Math.min(sample, bare),
      });
    }
  };
  return {
    async write(line) {
      if (line.type === 'finding') add(line);
      if (line.type !== 'summary') return;
      const pack = await openPack();
      assertSamePack(pack, packs);
      if (payloads.size > 0 && byFeature.size === 0)
        throw new PackError(
          'No flagged finding of this report names features: scan with a pack that has an autoencoder.',
        );
      const chosen = await chosenFeatures(byFeature, payloads.size, await openPages(pack));
      await write(`${JSON.stringify({ [pack.manifest.layer - 1]: chosen })}\n`);
    },
  };
}

/** A feature's number means nothing in another pack. */
function assertSamePack({ label }: ModelPack, packs: ReadonlySet<string>): void {
  const other = [...packs].find((pack) => pack !== label);
  if (other !== undefined)
    throw new PackError(
      `The report names features of the pack ${other}, and ${label} is open: name the other with --pack.`,
    );
}

/** The most typical of flagged payloads first. */
async function chosenFeatures(
  byFeature: ReadonlyMap<number, SharedByPayloads>,
  payloads: number,
  pages: FeaturePages,
): Promise<number[]> {
  const { dense } = pages;
  const candidates: { readonly latent: number; readonly ratio: number }[] = [];
  for (const [latent, found] of byFeature) {
    // What all text has: taking it away harms all.
    if (found.payloads < leastShare * payloads || dense.has(latent)) continue;
    const page = await pages.page(latent);
    if (page === undefined) continue;
    // How much more it is active at flagged payloads than at ordinary tokens; less says nothing of them.
    const ratio = found.shared / payloads / meanActivation(page, pages.index);
    if (ratio > 1) candidates.push({ latent, ratio });
  }
  return candidates
    .sort((a, b) => b.ratio - a.ratio || a.latent - b.latent)
    .slice(0, mostFeatures)
    .map(({ latent }) => latent);
}

/** Over the tokens of training packages, each bin of the histogram taken at its middle. */
function meanActivation({ histogram, strongest }: FeaturePage, { edges, tokens }: FeatureIndex): number {
  const middle = (bin: number) => ((edges[bin - 1] ?? 0) + (edges[bin] ?? strongest)) / 2;
  return histogram.reduce((sum, count, bin) => sum + count * middle(bin), 0) / tokens.training;
}
