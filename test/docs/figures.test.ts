import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error a script without types
import { withFigures } from '../../scripts/figureTables.mjs';

const fill = withFigures as (text: string) => string;

it('the figures of docs/science.md are those of the result files (npm run figures)', () => {
  const text = readFileSync('docs/science.md', 'utf8');
  expect(text.match(/<!-- figures: /g)?.length).toBeGreaterThanOrEqual(3);
  expect(fill(text)).toBe(text);
});

it('a region that no table knows is an error', () => {
  expect(() => fill('<!-- figures: guesses -->\n<!-- end -->')).toThrow('guesses');
});
