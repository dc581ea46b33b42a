import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { experimentData, experimentPlot } from '../../scripts/experimentFigures.mjs';
// @ts-expect-error a script without types
import { remedyEvidence } from '../../scripts/remedyFigures.mjs';
// @ts-expect-error a script without types
import { pages, withFigures } from '../../scripts/figureTables.mjs';
// @ts-expect-error a script without types
import { measuredScale, measuredScaleFile } from '../../scripts/measuredScale.mjs';

const fill = withFigures as (text: string) => string;

it.each([
  ['science.md', 3],
  ['scale.md', 2],
  ['editor.md', 1],
  ['corpora.md', 1],
])('the figures of docs/%s are those of the result files (npm run figures)', (page, least) => {
  expect(pages).toContain(page);
  const text = readFileSync(`docs/${page}`, 'utf8');
  expect(text.match(/<!-- figures: /g)?.length).toBeGreaterThanOrEqual(least);
  expect(fill(text)).toBe(text);
});

it('what the product quotes of remedies is what was measured (npm run figures)', () => {
  expect(readFileSync('src/analysis/remedyEvidence.json', 'utf8')).toBe((remedyEvidence as () => string)());
});

it.each([
  ['experiment.svg', experimentPlot as () => string],
  ['experiment.csv', experimentData as () => string],
])('docs/pictures/%s is made from the result files (npm run figures)', (name, made) => {
  expect(readFileSync(`docs/pictures/${name}`, 'utf8')).toBe(made());
});

it('what the panel says for scale is made from the result files (npm run figures)', () => {
  expect(readFileSync(measuredScaleFile as string, 'utf8')).toBe((measuredScale as () => string)());
});

it('a region that no table knows is an error', () => {
  expect(() => fill('<!-- figures: guesses -->\n<!-- end -->')).toThrow('guesses');
});
