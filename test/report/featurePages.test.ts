import { describe, expect, it } from 'vitest';
import type { FeatureIndex, FeaturePage } from '../../src/model/featurePages.js';
import { featureHtml } from '../../src/report/featureHtml.js';
import { type FeatureNames, featureText } from '../../src/report/featureText.js';
import { neuronpediaLines } from '../../src/report/neuronpedia.js';
import { createPalette } from '../../src/report/palette.js';

const index: FeatureIndex = {
  format: 1,
  tokens: { training: 1000, heldOut: 500, own: 100 },
  edges: [2, 4, 8],
  labels: ['', 'at <img src=x onerror=alert(1)>'],
  densities: [0, 0.01],
  offsets: [0, 0, 10],
};
const page: FeaturePage = {
  id: 1,
  density: 0.012,
  densityOfKind: { code: 0.02, documentation: 0.001 },
  strongest: 9.5,
  histogram: [0, 3, 9, 0],
  logits: {
    up: [
      [0, 1],
      [2.5, 1.25],
    ],
    down: [[2], [-3]],
  },
  neighbours: [[1], [0.75]],
  max: 8,
  examples: [
    { tokens: [2, 0, 1], values: [0, 100, 40], quantile: 1 },
    { tokens: [1], values: [25], quantile: 0.5 },
  ],
  label: { text: 'at <img src=x onerror=alert(1)>', method: 'tokens', score: 0.91, windows: 12 },
};
const tokens = ['<script>', '\u202eevil', ' a\u001b[31m\n'];
const names: FeatureNames = { token: (id) => tokens[id]!, label: (feature) => index.labels[feature] ?? '' };
const style = { columns: 80, palette: createPalette(false) };

describe('a feature page in the terminal', () => {
  const text = featureText(page, index, names, [], style);
  const joined = text.replaceAll(/\s+/g, ' ');

  it('shows density, histogram, logits, neighbours and examples with the strongest token marked', () => {
    expect(joined).toContain('fires at 1.2 % of 1,000 tokens (2 % of code, 0.1 % of documentation)');
    expect(text).toMatch(/2\.0–4\.0 +█+[▏▎▍▌▋▊▉]? 3/);
    expect(text).toMatch(/4\.0–8\.0 +█+ 9/);
    expect(text).not.toContain('below 2.0');
    expect(joined).toContain('<script> 2.50');
    expect(joined).toContain('(cosine 0.75)');
    expect(text).toContain('⟦<script>⟧');
    expect(text).toContain('top, 8.0');
    expect(text).toContain('q 0.5, 2.0');
    expect(joined).toContain('balanced accuracy 0.91 on held-out windows (chance 0.50; 12 hold it)');
  });

  it('obeys nothing that a token or label says', () => {
    expect(text).not.toMatch(/[\u001b\u202e]/);
  });
});

describe('a feature page as HTML', () => {
  const own = [{ tokens: ['x', '&"'], values: [0, 100], about: '<b>path</b>:3, 7.0' }];
  const html = featureHtml(page, index, names, own, 'pack@1');

  it('holds no element that came from a token, a label or a path, no script, and a policy that forbids all requests', () => {
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(script|img|b)\b/);
    expect(html).not.toMatch(/[\u001b\u202e]/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(html).toContain('&lt;b&gt;path&lt;/b&gt;:3, 7.0');
  });

  it('shows the activation of each token of an example', () => {
    expect(html).toContain('title="100 % of the strongest">&lt;script&gt;</mark>');
    expect(html).toContain('title="40 % of the strongest"');
    expect(html).toContain('In your text');
  });
});

describe('a feature in the layout of Neuronpedia', () => {
  it('has activations as lengths, with the place of the largest', () => {
    const lines = neuronpediaLines(page, index, names, { modelId: 'm', layer: '15-x' });
    expect(lines.feature).toMatchObject({
      modelId: 'm',
      layer: '15-x',
      index: '1',
      pos_str: tokens.slice(0, 2),
      pos_values: [2.5, 1.25],
      neg_values: [-3],
      frac_nonzero: 0.012,
      freq_hist_data_bar_heights: [0, 3, 9, 0],
      freq_hist_data_bar_values: [0, 2, 4, 8],
    });
    expect(lines.activations[0]).toMatchObject({
      values: [0, 8, 3.2],
      maxValue: 8,
      maxValueTokenIndex: 1,
      minValue: 0,
    });
    expect(lines.explanation).toMatchObject({ description: page.label.text, typeName: 'backfire-tokens' });
  });
});
