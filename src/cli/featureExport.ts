import { join } from 'node:path';
import type { FeaturePage, FeaturePages } from '../model/featurePages.js';
import type { ModelPack } from '../model/pack.js';
import type { FeatureNames } from '../report/featureText.js';
import { neuronpediaLines } from '../report/neuronpedia.js';
import { folderOutput } from './output.js';

/** Writes pages in the layout of Neuronpedia's export: a folder for features, activations and explanations, each with one batch. */
export async function exportPages(
  pages: readonly FeaturePage[],
  { index }: FeaturePages,
  names: FeatureNames,
  { manifest }: ModelPack,
  folder: string,
): Promise<void> {
  const width = manifest.sae?.width ?? 0;
  const source = {
    modelId: manifest.name,
    layer: `${manifest.layer - 1}-backfire-res-${Math.round(width / 1024)}k`,
  };
  const lines = pages.map((page) => neuronpediaLines(page, index, names, source));
  const files = {
    features: lines.map(({ feature }) => feature),
    activations: lines.flatMap(({ activations }) => activations),
    explanations: lines.map(({ explanation }) => explanation),
  };
  const output = await folderOutput(folder);
  for (const [part, objects] of Object.entries(files)) {
    const file = await output.open(join(part, 'batch-0.jsonl.gz'));
    for (const object of objects) await file.write(`${JSON.stringify(object)}\n`);
    await file.finish(true);
  }
  await output.finish(true);
}
