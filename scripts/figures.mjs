// Fills the figures of the docs, and those that the product quotes, from the result files: npm run figures. A test fails where text and results differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { experimentData, experimentPlot } from './experimentFigures.mjs';
import { pages, withFigures } from './figureTables.mjs';
import { measuredScale, measuredScaleFile } from './measuredScale.mjs';
import { remedyEvidence } from './remedyFigures.mjs';
import { root } from './setUp.mjs';

for (const page of pages) {
  const path = join(root, 'docs', page);
  writeFileSync(path, withFigures(readFileSync(path, 'utf8')));
}

const pictures = join(root, 'docs', 'pictures');
writeFileSync(join(pictures, 'experiment.svg'), experimentPlot());
writeFileSync(join(pictures, 'experiment.csv'), experimentData());
writeFileSync(join(root, 'src', 'analysis', 'remedyEvidence.json'), remedyEvidence());
writeFileSync(join(root, measuredScaleFile), measuredScale());
